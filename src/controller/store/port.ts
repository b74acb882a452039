import type { AuditHead } from '../../protocol/audit/entry.ts'
import type { Change } from '../domain/change.ts'
import type { ClusterData } from '../domain/draft.ts'
import type { Account, Administrator, ApiToken, UserSession } from '../domain/identities/record.ts'
import type { AuditRecord, Cluster, Enrolment, KeptAnswer, Node, Run, StoredEvent } from '../domain/records.ts'
import type { Quota } from '../retention/limits.ts'
import type { Entries, Entry, Summary } from './entries.ts'
import type { Shared } from './shared.ts'

export interface EventFilter {
  /** Only events with a higher number. */
  after: number
  cluster?: string | undefined
  /** Of one of these. */
  clusters?: readonly string[] | undefined
  node?: string | undefined
  run?: string | undefined
}

export interface AuditFilter {
  /** Only entries with a higher number. */
  after: number
  /** Name of the actor. */
  who?: string | undefined
  /** Name of a cluster. */
  cluster?: string | undefined
  /** Name or id of a node: the target, or one that was changed. */
  node?: string | undefined
  /** ISO 8601. */
  since?: string | undefined
  /** Only what was refused, or failed. */
  refused?: boolean
}

export interface Part {
  /** Only these nodes, with their open runs. */
  nodes?: readonly string[]
  /** Also these runs. */
  runs: readonly string[]
}

export interface Sweep {
  /** Looks at events with higher numbers, of this cluster or of all. */
  after: number
  cluster?: string | undefined
  /** Deletes those of these kinds; all if absent. */
  kinds?: readonly string[] | undefined
  /** Only those that happened before this time, ISO 8601. */
  before?: string | undefined
}

export interface Swept extends Quota {
  /** The last event that was looked at; undefined at the end. */
  last: number | undefined
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
  answer(key: string): Promise<KeptAnswer | undefined>
  /** Sorted by name. */
  accounts(): Promise<Account[]>
  account(name: string): Promise<Account | undefined>
  /** The oldest first. */
  apiTokens(): Promise<ApiToken[]>
  apiToken(hash: string): Promise<ApiToken | undefined>
  /** Of everyone, or with this name; the oldest first. */
  userSessions(name?: string): Promise<UserSession[]>
  userSession(hash: string): Promise<UserSession | undefined>
  /** Entries of the audit log, sorted by number. */
  auditAfter(filter: AuditFilter, limit: number): Promise<AuditRecord[]>
  /** The last entry; undefined if there is none. */
  auditHead(): Promise<AuditHead | undefined>
  /** Bytes of the next `limit` entries after a number, and the last of them; undefined at the end. */
  auditSizes(after: number, limit: number): Promise<{ last: number | undefined; bytes: number }>
  /** The events of a run. */
  eventTotals(runId: string): Promise<Quota>
  /** Of the next `limit` events after a number, by cluster, and the last of them; undefined at the end. */
  eventSizes(after: number, limit: number): Promise<{ last: number | undefined; sizes: Map<string, Quota> }>
  /** Looks at the next `limit` events, and deletes those that match. Returns what was deleted. */
  sweepEvents(sweep: Sweep, limit: number): Promise<Swept>
  /** Gives a part of the space of what was deleted back to the file system, if the backend does not do it by itself. */
  giveBackSpace(): Promise<void>
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
