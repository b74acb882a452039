import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { ClusterData } from '../../domain/draft.ts'
import { type ReadRow, rowReader } from '../cache/row-reader.ts'
import type { Part, Store } from '../port.ts'
import {
  ACCOUNT,
  ADMINISTRATOR,
  API_TOKEN,
  CLUSTER,
  ENROLMENT,
  EVENT,
  KEPT_ANSWER,
  NODE,
  type RecordKind,
  RUN,
  USER_SESSION,
} from '../record-kinds.ts'
import type { auditOn } from './audit.ts'
import { anyOf } from './changes.ts'
import type { Sweeps } from './sweep.ts'
import type { Tables } from './tables.ts'

type Db = Kysely<Tables>
type Rows = Promise<Record<string, unknown>[]>

/** The queries of the store. */
export function readsOn(
  db: Db,
): Omit<Store, keyof Sweeps | keyof ReturnType<typeof auditOn> | 'commit' | 'snapshot' | 'fill' | 'close' | 'shared'> {
  const read = rowReader()
  const all = async <T>(kind: RecordKind<T>, rows: Rows) => (await rows).map((row) => read(kind, row))
  const one = async <T>(kind: RecordKind<T>, rows: Rows) => (await all(kind, rows))[0]
  const clusters = () => db.selectFrom('clusters').selectAll()
  const enrolments = () => db.selectFrom('enrolments').selectAll()
  const runs = () => db.selectFrom('runs').selectAll()
  const administrators = () => db.selectFrom('administrators').selectAll()
  const accounts = () => db.selectFrom('accounts').selectAll()
  const apiTokens = () => db.selectFrom('api_tokens').selectAll()
  const userSessions = () => db.selectFrom('user_sessions').selectAll()
  const nodes = () => db.selectFrom('nodes').selectAll()
  return {
    clusters: () => all(CLUSTER, clusters().orderBy('name').execute()),
    cluster: (id) => one(CLUSTER, clusters().where('id', '=', id).execute()),
    clusterNamed: (name) => one(CLUSTER, clusters().where('name', '=', name).execute()),
    load: (id, part) =>
      db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute((tx) => load(tx, read, id, part)),
    node: (id) => one(NODE, nodes().where('id', '=', id).execute()),
    nodesOf: (id) => all(NODE, nodes().where('cluster_id', '=', id).orderBy('created_at').orderBy('id').execute()),
    async clustersOf(nodeIds) {
      const found = await db.selectFrom('nodes').select(['id', 'cluster_id']).where('id', '=', anyOf(nodeIds)).execute()
      return new Map(found.map((row) => [String(row.id), String(row.cluster_id)]))
    },
    enrolment: (key) => one(ENROLMENT, enrolments().where('fingerprint', '=', key).execute()),
    enrolmentOf: (nodeId) => one(ENROLMENT, enrolments().where('node_id', '=', nodeId).execute()),
    run: (id) => one(RUN, runs().where('id', '=', id).execute()),
    openRunOf: (id) =>
      one(RUN, runs().where('node_id', '=', id).where('state', '=', 'open').orderBy('seq').limit(1).execute()),
    runsOf: (id) => all(RUN, runs().where('node_id', '=', id).orderBy('generation').execute()),
    eventsAfter({ after, cluster, clusters, node, run }, limit) {
      let query = db.selectFrom('events').selectAll().where('seq', '>', after)
      if (cluster !== undefined) query = query.where('cluster_id', '=', cluster)
      if (clusters !== undefined) query = query.where('cluster_id', '=', anyOf(clusters))
      if (node !== undefined) query = query.where('node_id', '=', node)
      if (run !== undefined) query = query.where('run_id', '=', run)
      return all(EVENT, query.orderBy('seq').limit(limit).execute())
    },
    administrators: () => all(ADMINISTRATOR, administrators().orderBy('created_at').orderBy('serial').execute()),
    answer: (key) => one(KEPT_ANSWER, db.selectFrom('answers').selectAll().where('key', '=', key).execute()),
    administrator: (serial) => one(ADMINISTRATOR, administrators().where('serial', '=', serial).execute()),
    accounts: () => all(ACCOUNT, accounts().orderBy('name').execute()),
    account: (name) => one(ACCOUNT, accounts().where('name', '=', name).execute()),
    apiTokens: () => all(API_TOKEN, apiTokens().orderBy('created_at').orderBy('hash').execute()),
    apiToken: (hash) => one(API_TOKEN, apiTokens().where('hash', '=', hash).execute()),
    userSessions(name) {
      const found = userSessions().orderBy('created_at').orderBy('hash')
      return all(USER_SESSION, (name === undefined ? found : found.where('name', '=', name)).execute())
    },
    userSession: (hash) => one(USER_SESSION, userSessions().where('hash', '=', hash).execute()),
    async lastEvent() {
      const found = await db.selectFrom('event_numbers').select('last').executeTakeFirst()
      return Number(found?.last ?? 0)
    },
  }
}

/** Runs in one transaction, which sees one snapshot of the database. */
async function load(
  tx: Db,
  read: ReadRow,
  clusterId: string,
  part: Part = { runs: [] },
): Promise<ClusterData | undefined> {
  const [row] = await tx
    .selectFrom('clusters')
    .innerJoin('cluster_versions', 'cluster_id', 'id')
    .selectAll()
    .where('id', '=', clusterId)
    .execute()
  if (!row) return undefined
  const own = tx.selectFrom('nodes').selectAll().where('cluster_id', '=', clusterId)
  const nodes = await (part.nodes ? own.where('id', '=', anyOf(part.nodes)) : own)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const { rows: runs } = await (part.nodes
    ? openRuns(part.nodes, part.runs)
    : decisiveRuns(clusterId, part.runs)
  ).execute(tx)
  const ids = nodes.map(({ id }) => String(id))
  const enrolments = part.nodes
    ? []
    : await tx.selectFrom('enrolments').selectAll().where('node_id', '=', anyOf(ids)).execute()
  return {
    version: Number(row.version),
    cluster: read(CLUSTER, row),
    nodes: nodes.map((node) => read(NODE, node)),
    runs: runs.map((run) => read(RUN, run)),
    enrolments: enrolments.map((enrolment) => read(ENROLMENT, enrolment)),
  }
}

type Runs = RawBuilder<Record<string, unknown>>

function openRuns(nodes: readonly string[], also: readonly string[]): Runs {
  return sql`
    SELECT * FROM runs WHERE id = ${anyOf(also)} OR (state = 'open' AND node_id = ${anyOf(nodes)})
    ORDER BY node_id, generation`
}

/** See ClusterData. */
function decisiveRuns(cluster: string, also: readonly string[]): Runs {
  return sql`
    WITH own AS (
      SELECT runs.id, node_id, runs.generation, repair, role, runs.state
      FROM runs JOIN nodes ON nodes.id = node_id WHERE cluster_id = ${cluster}
    )
    SELECT * FROM runs WHERE id = ${anyOf(also)} OR id IN (
      SELECT id FROM own WHERE state = 'open' OR (node_id, generation) IN (
        SELECT node_id, max(generation) FROM own GROUP BY node_id, repair
        UNION SELECT node_id, max(generation) FROM own WHERE NOT repair AND role <> 'reset' GROUP BY node_id
      )
    ) ORDER BY node_id, generation`
}
