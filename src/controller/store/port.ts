import type { Change } from '../domain/change.ts'
import type { ClusterData } from '../domain/draft.ts'
import type { Administrator, Cluster, Enrolment, Node, Run, StoredEvent } from '../domain/records.ts'
import type { Entries, Entry, Summary } from './entries.ts'
import type { Shared } from './shared.ts'

export interface EventFilter {
  /** Only events with a higher number. */
  after: number
  cluster?: string | undefined
  node?: string | undefined
  run?: string | undefined
}

export interface Part {
  /** Only these nodes, with their open runs. */
  nodes?: readonly string[]
  /** Also these runs. */
  runs: readonly string[]
}

/** A commit succeeds only if the cluster still has this version. */
export interface Expected {
  clusterId: string
  version: number
  /** The lease with which it was decided: see shared.ts. A store that belongs to one process ignores what follows. */
  lease?: number | undefined
  /** Nodes for which there may be something to send. */
  touched?: readonly string[]
  /** The controller that has the lease has to decide what follows from it. */
  isUndecided?: boolean
}

/**
 * The controller's records. All backends return records as they were stored; missing fields of records that an older build
 * wrote have their defaults.
 */
export interface Store {
  /** Sorted by name. */
  clusters(): Promise<Cluster[]>
  cluster(id: string): Promise<Cluster | undefined>
  clusterNamed(name: string): Promise<Cluster | undefined>
  /** The cluster with its nodes and the runs that decisions need; undefined if it does not exist. */
  load(clusterId: string, part?: Part): Promise<ClusterData | undefined>
  node(id: string): Promise<Node | undefined>
  /** Including removed nodes; the oldest first. */
  nodesOf(clusterId: string): Promise<Node[]>
  /** Ids of clusters, by ids of their nodes. */
  clustersOf(nodeIds: readonly string[]): Promise<Map<string, string>>
  enrolment(fingerprint: string): Promise<Enrolment | undefined>
  enrolmentOf(nodeId: string): Promise<Enrolment | undefined>
  run(id: string): Promise<Run | undefined>
  /** The oldest open run. */
  openRunOf(nodeId: string): Promise<Run | undefined>
  /** All runs, the oldest first. */
  runsOf(nodeId: string): Promise<Run[]>
  /** Sorted by number. */
  eventsAfter(filter: EventFilter, limit: number): Promise<StoredEvent[]>
  /** The number of the last event; 0 if there is none. */
  lastEvent(): Promise<number>
  /** Everyone who ever was; the oldest first. */
  administrators(): Promise<Administrator[]>
  administrator(serial: string): Promise<Administrator | undefined>
  /**
   * Atomic, and durable when it resolves. Returns false without changes if the cluster no longer has the expected version; the
   * caller loads it again.
   */
  commit(changes: readonly Change[], expected?: Expected): Promise<boolean>
  /**
   * All records as of this moment, whatever is committed while they are read. The caller reads to the end, or ends the iteration.
   */
  snapshot(): AsyncGenerator<Entry>
  /**
   * Stores all records of another store: atomic, compared with the given ones before it is committed, and durable when it resolves.
   * Does nothing if the store already has exactly these records. Rejects with `store/not-empty` if it has others.
   */
  fill(entries: Entries): Promise<Summary>
  /** Absent if the database belongs to this process. */
  readonly shared?: Shared
  close(): Promise<void>
}
