import {
  CLUSTER,
  type Cluster,
  ENROLMENT,
  type Enrolment,
  EVENT,
  NODE,
  type Node,
  RUN,
  type Run,
  type StoredEvent,
} from '../domain/records.ts'
import { type Database, openDatabase } from './sqlite/database.ts'
import { openTable, type Table } from './sqlite/table.ts'

/** What the controller remembers. A call that returned is durable; several belong together in `transaction`. */
export interface Store extends Pick<Database, 'transaction' | 'close'> {
  clusters: Table<Cluster, 'id'>
  nodes: Table<Node, 'id'>
  enrolments: Table<Enrolment, 'fingerprint'>
  runs: Table<Run, 'id'>
  events: Table<StoredEvent, 'seq'>
  /** The last event's number, 0 before the first. */
  lastEvent(): number
  /** Appends; the number is assigned here. */
  tell(event: Omit<StoredEvent, 'seq' | 'kind'>): void
}

export function openStore(path: string): Store {
  const database = openDatabase(path)
  const events = openTable<StoredEvent, 'seq'>(database, 'events', 'seq', EVENT)
  const last = database.sql.prepare('SELECT max(seq) AS seq FROM events')
  const append = database.sql.prepare(
    'INSERT INTO events (at, cluster_id, node_id, node_seq, run_id, kind, event) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  return {
    transaction: database.transaction,
    close: database.close,
    clusters: openTable<Cluster, 'id'>(database, 'clusters', 'id', CLUSTER),
    nodes: openTable<Node, 'id'>(database, 'nodes', 'id', NODE),
    enrolments: openTable<Enrolment, 'fingerprint'>(database, 'enrolments', 'fingerprint', ENROLMENT),
    runs: openTable<Run, 'id'>(database, 'runs', 'id', RUN),
    events,
    lastEvent: () => Number(last.get()?.seq ?? 0),
    tell: ({ at, clusterId, nodeId, nodeSeq, runId, event }) => {
      append.run(at, clusterId, nodeId, nodeSeq, runId, event.kind, JSON.stringify(event))
    },
  }
}
