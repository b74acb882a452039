import * as z from 'zod/mini'

export const PairFinding = z.object({
  kind: z.enum(['port', 'path', 'mtu', 'latency', 'clock', 'node']),
  /** `skipped`: it could not be looked at. */
  verdict: z.enum(['fail', 'warn', 'skipped']),
  from: z.array(z.string()),
  to: z.string(),
  /** `6443/tcp`; null where it is about no port. */
  port: z.nullable(z.string()),
  found: z.string(),
  wanted: z.string(),
  /** Can be pasted; `on`: at which node, null where it is at none of them. */
  fix: z.string(),
  on: z.nullable(z.string()),
})

/** What the administrator gets to see of a check of pairs; nodes by their names. */
export const PairReport = z.object({
  cluster: z.string(),
  at: z.string(),
  ms: z.number(),
  nodes: z.number(),
  /** Of all that the nodes make; fewer where there are many nodes. */
  pairs: z.object({ checked: z.number(), fine: z.number(), of: z.number() }),
  /** Over all pairs that were timed; null where none was. */
  latency: z.nullable(z.object({ medianMs: z.number(), p99Ms: z.number() })),
  /** The largest difference between two clocks; null where none was measured. */
  clockSpreadMs: z.nullable(z.number()),
  findings: z.array(PairFinding),
  /** Findings that are `fail`. */
  hardFailures: z.number(),
})

export type PairFinding = z.infer<typeof PairFinding>
export type PairReport = z.infer<typeof PairReport>
