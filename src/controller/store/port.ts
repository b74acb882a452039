import type { Change } from '../domain/change.ts'
import type { ClusterData } from '../domain/draft.ts'
import type { Cluster, Enrolment, Node, Run, StoredEvent } from '../domain/records.ts'

export interface EventFilter {
  /** Only those with a higher number. */
  after: number
  cluster?: string | undefined
  node?: string | undefined
  run?: string | undefined
}

export interface Part {
  /** Nothing but these nodes, with their open runs. */
  nodes?: readonly string[]
  /** These runs, too. */
  runs: readonly string[]
}

/** What a commit rests on: it counts only while nobody else has changed the cluster. */
export interface Expected {
  clusterId: string
  version: number
}

/**
 * What the controller remembers. Records come back as they were given, whichever backend keeps them; those that an older
 * build wrote have the defaults of what they lack.
 */
export interface Store {
  /** By their names. */
  clusters(): Promise<Cluster[]>
  cluster(id: string): Promise<Cluster | undefined>
  clusterNamed(name: string): Promise<Cluster | undefined>
  /** The cluster with its nodes and what decisions need of their runs; undefined where it is gone. */
  load(clusterId: string, part?: Part): Promise<ClusterData | undefined>
  node(id: string): Promise<Node | undefined>
  /** Those that were removed, too; the oldest first. */
  nodesOf(clusterId: string): Promise<Node[]>
  /** Ids of clusters by those of their nodes. */
  clustersOf(nodeIds: readonly string[]): Promise<Map<string, string>>
  enrolment(fingerprint: string): Promise<Enrolment | undefined>
  enrolmentOf(nodeId: string): Promise<Enrolment | undefined>
  run(id: string): Promise<Run | undefined>
  /** The oldest that has not ended. */
  openRunOf(nodeId: string): Promise<Run | undefined>
  /** All of them, the oldest first. */
  runsOf(nodeId: string): Promise<Run[]>
  /** In their order. */
  eventsAfter(filter: EventFilter, limit: number): Promise<StoredEvent[]>
  /** The last event's number, 0 before the first. */
  lastEvent(): Promise<number>
  /**
   * All of it durable when this resolves, or nothing. False, and nothing is changed, where the cluster is no longer at the
   * version that was expected: whoever asked loads it again.
   */
  commit(changes: readonly Change[], expected?: Expected): Promise<boolean>
  close(): Promise<void>
}
