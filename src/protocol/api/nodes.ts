import * as z from 'zod/mini'
import { NodeRole, NodeState } from '../names.ts'
import { CheckSummary } from '../wire/check-summary.ts'
import { Facts } from '../wire/facts.ts'
import { ApiError } from './access.ts'
import { Flag, type Route } from './route.ts'

export const ConfigureRequest = z.strictObject({
  roles: z.array(NodeRole).check(z.minLength(1), z.maxLength(3)),
  /** Interface for cluster traffic; default: the one with the default route. */
  interface: z.optional(z.string().check(z.maxLength(15))),
  disks: z._default(z.array(z.string().check(z.maxLength(255))).check(z.maxLength(64)), []),
})
export type ConfigureRequest = z.infer<typeof ConfigureRequest>

/** What is wrong with a cluster that has been READY. */
export const Problem = z.object({
  /** e.g. `node/disk-pressure`. */
  code: z.string(),
  /** Name of the node that it is about; null where it is about the cluster. */
  node: z.nullable(z.string()),
  message: z.string(),
  /** ISO time. */
  since: z.string(),
  /** ISO time: when it was seen last. */
  seenAt: z.string(),
})
export type Problem = z.infer<typeof Problem>

export const RUN_STATES = ['open', 'done', 'failed', 'indeterminate', 'cancelled', 'refused', 'expired'] as const
export type RunState = (typeof RUN_STATES)[number]

export const RunView = z.object({
  id: z.string(),
  role: z.string(),
  /** Of a node that is READY, and stays so. */
  repair: z.boolean(),
  state: z.enum(RUN_STATES),
  /** Steps. */
  done: z.number(),
  of: z.number(),
  createdAt: z.string(),
  endedAt: z.nullable(z.string()),
})
export type RunView = z.infer<typeof RunView>

export const NodeView = z.object({
  id: z.string(),
  name: z.string(),
  cluster: z.string(),
  /** DEGRADED: it is READY in its life, and `problems` say what is wrong with it now. */
  state: z.enum([...NodeState.options, 'DEGRADED']),
  roles: z.array(NodeRole),
  /** Empty until it is known. */
  address: z.string(),
  os: z.string(),
  agentVersion: z.string(),
  /** ISO time; null before the first contact. */
  lastSeen: z.nullable(z.string()),
  /** What it does now, in words; null when nothing. */
  step: z.nullable(z.string()),
  /** What it waits for meanwhile, in words; it stands in `step` as well. */
  waitingFor: z.nullable(z.string()),
  fingerprint: z.string(),
  connected: z.boolean(),
  run: z.nullable(RunView),
  problems: z.array(Problem),
  error: z.nullable(ApiError),
})
export type NodeView = z.infer<typeof NodeView>

export const NodeDetail = z.object({
  ...NodeView.shape,
  interface: z.nullable(z.string()),
  disks: z.array(z.string()),
  warnings: z.array(CheckSummary),
  facts: z.nullable(Facts),
})
export type NodeDetail = z.infer<typeof NodeDetail>

/** Nodes, for administrators. */
export const nodeRoutes = {
  listNodes: {
    method: 'GET',
    path: '/v1/nodes',
    access: ['admin'],
    summary: 'Nodes of all clusters or of one; `all`: also those that were removed',
    query: z.object({ cluster: z.optional(z.string()), all: Flag }),
    answer: z.array(NodeView),
    errors: ['cluster/unknown'],
  },
  showNode: {
    method: 'GET',
    path: '/v1/nodes/{id}',
    access: ['admin'],
    summary: 'What a node has said about itself, and what it does',
    answer: NodeDetail,
    errors: ['node/unknown'],
  },
  removeNode: {
    method: 'DELETE',
    path: '/v1/nodes/{id}',
    access: ['admin'],
    summary: 'Removes a node from its cluster and restores its machine; `force`: forgets it at once, whatever is on it',
    query: z.object({ force: Flag }),
    answer: z.strictObject({}),
    errors: ['node/unknown', 'node/in-use'],
  },
  approveNode: {
    method: 'POST',
    path: '/v1/nodes/{id}/approve',
    access: ['admin'],
    summary: 'Lets a node in that asked to enrol',
    answer: NodeDetail,
    errors: ['node/unknown', 'node/removed', 'node/name-taken'],
  },
  configureNode: {
    method: 'POST',
    path: '/v1/nodes/{id}/configure',
    access: ['admin'],
    summary: 'Gives a node its roles, its interface for cluster traffic, and its disks',
    body: ConfigureRequest,
    answer: NodeDetail,
    errors: [
      'node/unknown',
      'node/not-configurable',
      'node/no-facts',
      'node/has-begun',
      'node/address-changed',
      'unsupported',
      'roles/too-many-masters',
      'roles/contradictory',
      'disk/unusable',
      'interface/missing',
      'interface/no-address',
      'subnet/full',
    ],
  },
} as const satisfies Record<string, Route>
