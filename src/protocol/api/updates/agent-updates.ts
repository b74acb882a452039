import * as z from 'zod/mini'
import { NodeId } from '../../names.ts'
import { ApiError } from '../access.ts'
import type { Route } from '../route.ts'
import { DEFAULT_MAX_UNAVAILABLE, MaxUnavailable } from './max-unavailable.ts'

export const AgentUpdateRequest = z.strictObject({
  /** Default: all nodes of the cluster. */
  nodes: z.optional(z.array(NodeId).check(z.minLength(1), z.maxLength(5_000))),
  /** Of an imported release; default: the newest one. */
  to: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
  /** So many nodes are updated first. */
  canary: z._default(z.int().check(z.minimum(1), z.maximum(5_000)), 1),
  /** So many nodes are updated at the same time afterwards: a number, or a percentage of them. */
  maxUnavailable: z._default(MaxUnavailable, DEFAULT_MAX_UNAVAILABLE),
})
export type AgentUpdateRequest = z.input<typeof AgentUpdateRequest>

export const AgentUpdateSummary = z.object({
  version: z.string(),
  /** `failed`: the update stopped at a node that runs its former version again, until it is resumed. */
  state: z.enum(['running', 'paused', 'failed', 'cancelled', 'done']),
  /** Numbers of nodes: those that are done, and all. */
  done: z.number(),
  of: z.number(),
})

export const AgentUpdateView = z.object({
  ...AgentUpdateSummary.shape,
  startedAt: z.string(),
  startedBy: z.string(),
  nodes: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      /** `passed`: the agent is too old to update itself, the node was removed, or the update was cancelled. */
      state: z.enum(['due', 'updating', 'done', 'failed', 'passed']),
      /** What it waits for, as text; null if nothing. */
      waitingFor: z.nullable(z.string()),
      error: z.nullable(ApiError),
    }),
  ),
})
export type AgentUpdateView = z.infer<typeof AgentUpdateView>

/** A release of the agent that was imported. */
export const AgentReleaseView = z.object({
  version: z.string(),
  /** SHA-256 of its manifest. */
  id: z.string(),
  createdAt: z.string(),
  arch: z.array(z.string()),
  files: z.array(z.object({ arch: z.string(), path: z.string(), size: z.int(), sha256: z.string() })),
})
export type AgentReleaseView = z.infer<typeof AgentReleaseView>

const common = ['cluster/unknown', 'agent-update/none'] as const

/** The update of the agents of a cluster, for administrators. */
export const agentUpdateRoutes = {
  listAgentReleases: {
    method: 'GET',
    path: '/v1/agent-releases',
    access: ['view'],
    inAnyProject: true,
    summary: 'Lists the releases of the agent that are imported at the controller that answers, the newest one first',
    answer: z.array(AgentReleaseView),
    errors: [],
  },
  startAgentUpdate: {
    method: 'POST',
    path: '/v1/clusters/{name}/agent-update',
    access: ['operate'],
    summary:
      'Updates the agents of a cluster or of some of its nodes to an imported release: canaries first, then the others in waves',
    body: AgentUpdateRequest,
    answer: AgentUpdateView,
    errors: ['cluster/unknown', 'node/unknown', 'agent-update/busy', 'agent-update/no-release'],
  },
  showAgentUpdate: {
    method: 'GET',
    path: '/v1/clusters/{name}/agent-update',
    access: ['view'],
    summary: 'Returns the last update of the agents of a cluster',
    answer: AgentUpdateView,
    errors: common,
  },
  changeAgentUpdate: {
    method: 'POST',
    path: '/v1/clusters/{name}/agent-update/{action}',
    access: ['operate'],
    summary:
      'Pauses, resumes or cancels the update: no further node begins, and those that have begun end it; a resumption also tries failed nodes again',
    params: z.object({ name: z.string(), action: z.enum(['pause', 'resume', 'cancel']) }),
    answer: AgentUpdateView,
    errors: common,
  },
} as const satisfies Record<string, Route>
