/** What the administrator gets to see of a check of pairs; nodes by their names. */
export interface PairReport {
  cluster: string
  at: string
  ms: number
  nodes: number
  /** Of all that the nodes make; fewer where there are many nodes. */
  pairs: { checked: number; fine: number; of: number }
  /** Over all pairs that were timed; null where none was. */
  latency: { medianMs: number; p99Ms: number } | null
  /** The largest difference between two clocks; null where none was measured. */
  clockSpreadMs: number | null
  findings: PairFinding[]
  /** Findings that are `fail`. */
  hardFailures: number
}

export interface PairFinding {
  kind: 'port' | 'path' | 'mtu' | 'latency' | 'clock' | 'node'
  /** `skipped`: it could not be looked at. */
  verdict: 'fail' | 'warn' | 'skipped'
  from: string[]
  to: string
  /** `6443/tcp`; null where it is about no port. */
  port: string | null
  found: string
  wanted: string
  /** Can be pasted; `on`: at which node, null where it is at none of them. */
  fix: string
  on: string | null
}
