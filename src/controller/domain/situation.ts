import type { Cluster, Node, Run } from './records.ts'

/** The input of the director: the desired and the observed state of a cluster. */
export interface Situation {
  now: Date
  cluster: Cluster
  /** All nodes that are not REMOVED. */
  members: readonly Member[]
  /** Time since the last report of the operator; 0 if there is none. */
  reportSilentMs: number
}

export interface Member {
  node: Node
  /** The last run that is not a repair. It determines the node's part in the cluster. */
  run: Run | null
  /** The last repair, if it is newer than `run`. */
  repair: Run | null
  /** Time since the last contact; 0 while it is connected. */
  silentMs: number
}
