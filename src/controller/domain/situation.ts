import type { Cluster, Node, Run } from './records.ts'

/** All that a decision about a cluster rests on: what is wanted, and what was seen. */
export interface Situation {
  now: Date
  cluster: Cluster
  /** Without those that were removed. */
  members: readonly Member[]
  /** Since the operator has reported last; 0 where it never has. */
  reportSilentMs: number
}

export interface Member {
  node: Node
  /** Its last run that is no repair: what the node is goes by that. */
  run: Run | null
  /** Its last repair, where that came later. */
  repair: Run | null
  /** Since it was last heard of; 0 while it is connected. */
  silentMs: number
}
