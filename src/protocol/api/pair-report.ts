import * as z from 'zod/mini'

export const PairFinding = z.object({
  kind: z.enum(['port', 'path', 'mtu', 'latency', 'clock', 'node']),
  /** `skipped`: it could not be checked. */
  verdict: z.enum(['fail', 'warn', 'skipped']),
  from: z.array(z.string()),
  to: z.string(),
  /** `6443/tcp`; null if the finding is not about a port. */
  port: z.nullable(z.string()),
  found: z.string(),
  wanted: z.string(),
  /** A command; `on`: the node to run it on, null if it is on none of the nodes. */
  fix: z.string(),
  on: z.nullable(z.string()),
})

/** The result of a pair check; nodes are named. */
export const PairReport = z.object({
  cluster: z.string(),
  at: z.string(),
  ms: z.number(),
  nodes: z.number(),
  /** `checked` is a sample of the `of` possible pairs when there are many nodes. */
  pairs: z.object({ checked: z.number(), fine: z.number(), of: z.number() }),
  /** Over all measured pairs; null if none was measured. */
  latency: z.nullable(z.object({ medianMs: z.number(), p99Ms: z.number() })),
  /** The largest difference between two clocks; null if none was measured. */
  clockSpreadMs: z.nullable(z.number()),
  findings: z.array(PairFinding),
  /** Findings that are `fail`. */
  hardFailures: z.number(),
})

export type PairFinding = z.infer<typeof PairFinding>
export type PairReport = z.infer<typeof PairReport>
