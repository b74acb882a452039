import * as z from 'zod/mini'
import { DiskDevice, NodeId, NodeRole, NodeState } from '../names.ts'
import { LabelKey, LabelValue } from '../settings/nodes.ts'
import { CheckSummary } from '../wire/check-summary.ts'
import { Facts } from '../wire/facts.ts'
import { ApiError } from './access.ts'
import { pageOf, pageQuery } from './http/page.ts'
import { schedulingRoutes } from './nodes/scheduling.ts'
import { Flag, type Route } from './route.ts'

export const ConfigureRequest = z.strictObject({
  roles: z.array(NodeRole).check(z.minLength(1), z.maxLength(3)),
  /** Interface for cluster traffic; default: the one with the default route. */
  interface: z.optional(z.string().check(z.maxLength(15))),
  disks: z._default(z.array(DiskDevice).check(z.maxLength(64)), []),
})
export type ConfigureRequest = z.infer<typeof ConfigureRequest>

/** How many labels of its own a node can have. */
export const MOST_NODE_LABELS = 50

/** A merge patch: null removes a label. */
export const LabelRequest = z.strictObject({
  labels: z
    .record(LabelKey, z.nullable(LabelValue))
    .check(z.refine((labels) => Object.keys(labels).length <= 2 * MOST_NODE_LABELS)),
})
export type LabelRequest = z.infer<typeof LabelRequest>

/** A problem of a cluster that has been READY. */
export const Problem = z.object({
  /** e.g. `node/disk-pressure`. */
  code: z.string(),
  /** The node's name; null for a problem of the cluster. */
  node: z.nullable(z.string()),
  message: z.string(),
  /** What to do about it, also as data; missing in answers of earlier builds. */
  fix: z.optional(z.string()),
  remedy: ApiError.shape.remedy,
  /** ISO 8601. */
  since: z.string(),
  /** When it was last observed, ISO 8601. */
  seenAt: z.string(),
})
export type Problem = z.infer<typeof Problem>

export const RUN_STATES = ['open', 'done', 'failed', 'indeterminate', 'cancelled', 'refused', 'expired'] as const
export type RunState = (typeof RUN_STATES)[number]

export const RunView = z.object({
  id: z.string(),
  role: z.string(),
  /** A repair of a READY node, which remains READY. */
  repair: z.boolean(),
  state: z.enum(RUN_STATES),
  /** Numbers of steps: those that are done, and all. */
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
  /** When it asked to enrol, ISO 8601. */
  createdAt: z.string(),
  /** Of what people set, and of the state. The first part of the ETag; If-Match compares it. */
  revision: z.string(),
  /** DEGRADED: the node is READY and has `problems` now. UNKNOWN: it was READY at `lastSeen`, and is silent since. */
  state: z.enum([...NodeState.options, 'DEGRADED', 'UNKNOWN']),
  roles: z.array(NodeRole),
  /** The number of the rule of its cluster that it follows; null: none. */
  rule: z.nullable(z.int()),
  /** Why no rule decides about it, or why not yet; null if one does, or the cluster has no rules. */
  ruleProblem: z.nullable(z.string()),
  /** Empty while unknown. */
  address: z.string(),
  os: z.string(),
  agentVersion: z.string(),
  /** ISO 8601; null before the first contact. */
  lastSeen: z.nullable(z.string()),
  /** What the node is doing, as text; null if nothing. */
  step: z.nullable(z.string()),
  /** What the node waits for, as text; `step` contains it too. */
  waitingFor: z.nullable(z.string()),
  fingerprint: z.string(),
  /** From the firmware of its machine; null: there is none, or it is not known yet. */
  serial: z.nullable(z.string()),
  /** When it became part of its cluster. Null: it has not yet, or an earlier build did not record it. */
  joinedAt: z.nullable(z.string()),
  connected: z.boolean(),
  /** Whether Kubernetes schedules no pods to it, as the operator reported; null if that is not known now. */
  isCordoned: z.nullable(z.boolean()),
  run: z.nullable(RunView),
  problems: z.array(Problem),
  error: z.nullable(ApiError),
})
export type NodeView = z.infer<typeof NodeView>

export const NodeDetail = z.object({
  ...NodeView.shape,
  interface: z.nullable(z.string()),
  disks: z.array(z.string()),
  /** Labels of Kubernetes for it alone, beside those of its cluster. Absent from answers of earlier builds. */
  labels: z.optional(z.record(z.string(), z.string())),
  /** The proxy of containerd on this node alone, or `none`; null: it has that of its cluster. Absent from answers of earlier builds. */
  ownProxy: z.optional(z.nullable(z.string())),
  warnings: z.array(CheckSummary),
  facts: z.nullable(Facts),
})
export type NodeDetail = z.infer<typeof NodeDetail>

/** Nodes, for administrators. */
export const nodeRoutes = {
  listNodes: {
    method: 'GET',
    path: '/v1/nodes',
    access: ['view'],
    inAnyProject: true,
    summary: 'Lists the nodes of all clusters or of one; `all`: including removed nodes',
    query: z.object({
      cluster: z.optional(z.string()),
      all: Flag,
      state: z.optional(NodeView.shape.state),
      role: z.optional(NodeRole),
      ...pageQuery(['age', 'name', 'cluster', 'state'], NodeView),
    }),
    answer: pageOf(NodeView),
    errors: ['cluster/unknown'],
  },
  showNode: {
    method: 'GET',
    path: '/v1/nodes/{id}',
    access: ['view'],
    summary: 'Returns the facts, state and current run of a node',
    answer: NodeDetail,
    versioned: true,
    errors: ['node/unknown'],
  },
  removeNode: {
    method: 'DELETE',
    path: '/v1/nodes/{id}',
    access: ['operate', 'approve'],
    summary: 'Removes a node from its cluster and restores its machine; `force`: deletes only its record, at once',
    query: z.object({ force: Flag }),
    answer: z.strictObject({}),
    versioned: true,
    errors: ['node/unknown', 'node/in-use'],
  },
  approveNode: {
    method: 'POST',
    path: '/v1/nodes/{id}/approve',
    access: ['approve'],
    summary: 'Approves a node that asked to enrol; `replace`: the id of the lost node whose name it takes over',
    query: z.object({ replace: z.optional(NodeId) }),
    answer: NodeDetail,
    versioned: true,
    repeatable: true,
    errors: ['node/unknown', 'node/removed', 'node/name-taken', 'node/other-name'],
  },
  configureNode: {
    method: 'POST',
    path: '/v1/nodes/{id}/configure',
    access: ['operate'],
    summary: 'Sets the roles of a node, its interface for cluster traffic, and its disks',
    body: ConfigureRequest,
    answer: NodeDetail,
    versioned: true,
    repeatable: true,
    errors: [
      'node/unknown',
      'node/not-configurable',
      'node/no-facts',
      'node/has-begun',
      'node/address-changed',
      'roles/too-many-masters',
      'roles/contradictory',
      'roles/storage-alone',
      'roles/storage-disks',
      'disk/unusable',
      'interface/missing',
      'interface/no-address',
      'subnet/full',
    ],
  },
  labelNode: {
    method: 'POST',
    path: '/v1/nodes/{id}/labels',
    access: ['operate'],
    summary: 'Changes labels of Kubernetes of one node, also of a READY one; null removes a label',
    body: LabelRequest,
    answer: NodeDetail,
    versioned: true,
    repeatable: true,
    errors: ['node/unknown', 'node/removed', 'labels/reserved', 'labels/too-many'],
  },
  ...schedulingRoutes,
} as const satisfies Record<string, Route>
