import * as z from 'zod/mini'
import { NodeState } from '../names.ts'
import { RunEvent } from '../wire/event.ts'
import { ApiError } from './access.ts'
import { SHOWN_STATES } from './clusters.ts'
import { Flag, type Route, WaitMs, whole } from './route.ts'

/** ISO 8601, the time of the last message, if the state is UNKNOWN. */
const Since = z.optional(z.string())

export const StateEvent = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('node-state'),
    at: z.string(),
    state: z.enum([...NodeState.options, 'UNKNOWN']),
    since: Since,
    error: z.optional(ApiError),
  }),
  z.object({
    kind: z.literal('cluster-state'),
    at: z.string(),
    state: z.enum(SHOWN_STATES),
    since: Since,
    error: z.optional(ApiError),
  }),
  /** Of an image that people added to a cluster: `added` and `removed` by them; `here` and `failed` on a node. */
  z.object({
    kind: z.literal('image-state'),
    at: z.string(),
    image: z.string(),
    digest: z.string(),
    state: z.enum(['added', 'removed', 'here', 'failed']),
    error: z.optional(ApiError),
  }),
])
export type StateEvent = z.infer<typeof StateEvent>

/** An event. `seq` grows in the order in which events were stored. */
export const LogEntry = z.object({
  seq: z.number(),
  at: z.string(),
  cluster: z.string(),
  /** Null for an event of the cluster as a whole. */
  node: z.nullable(z.object({ id: z.string(), name: z.string() })),
  run: z.nullable(z.string()),
  event: z.discriminatedUnion('kind', [RunEvent, StateEvent]),
})
export type LogEntry = z.infer<typeof LogEntry>

const EventsResponse = z.object({
  events: z.array(LogEntry),
  /** The `after` of the next request. */
  last: z.number(),
})

/** Events, for administrators. */
export const eventRoutes = {
  listEvents: {
    method: 'GET',
    path: '/v1/events',
    access: ['view'],
    inAnyProject: true,
    summary:
      'Lists at most 500 events, or 1 MiB of them, after a number, or waits for the next. `tail`: only the number of the newest event',
    query: z.object({
      after: z.optional(whole(Number.MAX_SAFE_INTEGER)),
      cluster: z.optional(z.string()),
      node: z.optional(z.string()),
      run: z.optional(z.string()),
      /** Of a stream: it also has messages of the type `changed`, without a number, when people change something. */
      changes: Flag,
      tail: Flag,
      waitMs: WaitMs,
    }),
    answer: EventsResponse,
    streams: LogEntry,
    errors: ['cluster/unknown', 'limit/waiting'],
  },
} as const satisfies Record<string, Route>

/** All records of the controller, for backups. */
export const recordRoutes = {
  exportRecords: {
    method: 'GET',
    path: '/v1/records',
    access: ['administrate'],
    summary:
      'Sends all records as of now, one JSON array a line; the last one begins with "numbers". One client at a time',
    answer: 'lines',
    errors: ['backup/busy'],
  },
} as const satisfies Record<string, Route>
