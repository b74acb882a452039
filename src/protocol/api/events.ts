import * as z from 'zod/mini'
import { NodeState } from '../names.ts'
import { RunEvent } from '../wire/event.ts'
import { ApiError } from './access.ts'
import { CLUSTER_STATES } from './clusters.ts'
import { Flag, type Route, WaitMs, whole } from './route.ts'

export const StateEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('node-state'), at: z.string(), state: NodeState, error: z.optional(ApiError) }),
  z.object({
    kind: z.literal('cluster-state'),
    at: z.string(),
    state: z.enum(CLUSTER_STATES),
    error: z.optional(ApiError),
  }),
])
export type StateEvent = z.infer<typeof StateEvent>

/** What happened, in the order in which it was made durable. */
export const LogEntry = z.object({
  seq: z.number(),
  at: z.string(),
  cluster: z.string(),
  /** Null where it is about the cluster as a whole. */
  node: z.nullable(z.object({ id: z.string(), name: z.string() })),
  run: z.nullable(z.string()),
  event: z.discriminatedUnion('kind', [RunEvent, StateEvent]),
})
export type LogEntry = z.infer<typeof LogEntry>

export const EventsResponse = z.object({
  events: z.array(LogEntry),
  /** Give it as `after` the next time. */
  last: z.number(),
})
export type EventsResponse = z.infer<typeof EventsResponse>

/** What happens, for administrators. */
export const eventRoutes = {
  listEvents: {
    method: 'GET',
    path: '/v1/events',
    access: ['admin'],
    summary: 'At most 500 events after a number; waits for the next one. `tail`: only the number of the newest',
    query: z.object({
      after: z.optional(whole(Number.MAX_SAFE_INTEGER)),
      cluster: z.optional(z.string()),
      node: z.optional(z.string()),
      run: z.optional(z.string()),
      tail: Flag,
      waitMs: WaitMs,
    }),
    answer: EventsResponse,
    errors: ['cluster/unknown'],
  },
} as const satisfies Record<string, Route>
