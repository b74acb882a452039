import type { SQLInputValue } from 'node:sqlite'
import type { Change } from '../../domain/change.ts'
import type { Node, Run } from '../../domain/records.ts'
import { link } from '../link.ts'
import type { Expected, Store } from '../port.ts'
import { recordChangeOf } from '../record-change.ts'
import {
  ACCOUNT,
  ADMINISTRATOR,
  API_TOKEN,
  AUDIT,
  CLUSTER,
  ENROLMENT,
  EVENT,
  KEPT_ANSWER,
  NODE,
  type RecordKind,
  RUN,
  USER_SESSION,
} from '../record-kinds.ts'
import { columnOf, fromRow, storable, toRow } from '../rows.ts'
import { auditOn, headIn } from './audit.ts'
import { type Database, openDatabase, type Statement } from './database.ts'
import { DECISIVE_RUNS } from './decisive-runs.ts'
import { fillSqlite } from './fill.ts'
import { type Records, recordsOn } from './records.ts'
import { lastEventIn, snapshotOf } from './snapshot.ts'
import { sweepsOn } from './sweep.ts'

const byAge = (one: Node, other: Node) => compare(one.createdAt, other.createdAt) || compare(one.id, other.id)
const byNode = (one: Run, other: Run) => compare(one.nodeId, other.nodeId) || one.generation - other.generation
const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

const AMONG = 'IN (SELECT value FROM json_each(?))'

/** Stores everything in one file; see docs/adr/0030. */
export function openSqliteStore(path: string): Store {
  const database = openDatabase(path)
  const { prepare } = database
  const records = recordsOn(database)
  const { all, one } = queriesOn(database)
  const carryOut = changesOn(prepare, records)
  const bump = 'UPDATE cluster_versions SET version = version + 1 WHERE cluster_id = ? AND version = ?'
  const isCurrent = ({ clusterId, version }: Expected) => prepare(bump).run(clusterId, version).changes === 1
  const nodesOf = (id: string) =>
    records.list(NODE, 'SELECT id FROM nodes WHERE cluster_id = ? ORDER BY created_at, id', [storable(id)])

  const openRunsOf = (id: string) =>
    records.list(RUN, "SELECT id FROM runs WHERE node_id = ? AND state = 'open' ORDER BY seq", [storable(id)])

  return {
    clusters: async () => records.list(CLUSTER, 'SELECT id FROM clusters ORDER BY name'),
    cluster: async (id) => records.get(CLUSTER, storable(id)),
    clusterNamed: async (name) => records.list(CLUSTER, 'SELECT id FROM clusters WHERE name = ?', [storable(name)])[0],
    async load(clusterId, { nodes: only, runs: also = [] } = { runs: [] }) {
      const found = prepare('SELECT version FROM cluster_versions WHERE cluster_id = ?').get(clusterId)
      const cluster = records.get(CLUSTER, storable(clusterId))
      if (!cluster || !found) return undefined
      const version = Number(found.version)
      if (only) {
        const nodes = only
          .flatMap((id) => records.get(NODE, storable(id)) ?? [])
          .filter((node) => node.clusterId === clusterId)
        const runs = [
          ...also.flatMap((id) => records.get(RUN, storable(id)) ?? []),
          ...only.flatMap((id) => openRunsOf(id)),
        ]
        return {
          ...{ version, cluster, enrolments: [] },
          nodes: nodes.sort(byAge),
          runs: [...new Map(runs.map((run) => [run.id, run])).values()].sort(byNode),
        }
      }
      const enrolments = `SELECT fingerprint FROM enrolments WHERE node_id IN (SELECT id FROM nodes WHERE cluster_id = ?)`
      return {
        ...{ version, cluster, nodes: nodesOf(clusterId) },
        runs: records.list(RUN, DECISIVE_RUNS, { cluster: clusterId, also: JSON.stringify(also) }),
        enrolments: records.list(ENROLMENT, enrolments, [clusterId]),
      }
    },
    node: async (id) => records.get(NODE, storable(id)),
    nodesOf: async (id) => nodesOf(id),
    async clustersOf(nodeIds) {
      const nodes = nodeIds.flatMap((id) => records.get(NODE, storable(id)) ?? [])
      return new Map(nodes.map(({ id, clusterId }) => [id, clusterId]))
    },
    enrolment: async (key) => records.get(ENROLMENT, storable(key)),
    enrolmentOf: async (id) =>
      records.list(ENROLMENT, 'SELECT fingerprint FROM enrolments WHERE node_id = ?', [storable(id)])[0],
    run: async (id) => records.get(RUN, storable(id)),
    openRunOf: async (id) => openRunsOf(id)[0],
    runsOf: async (id) => all(RUN, 'SELECT * FROM runs WHERE node_id = ? ORDER BY generation', id),
    async eventsAfter({ after, cluster, clusters, node, run }, limit) {
      const wanted = { cluster_id: cluster, node_id: node, run_id: run }
      const given = Object.entries(wanted).flatMap(([column, value]) =>
        value === undefined ? [] : [{ column, value }],
      )
      const among = clusters ? [`cluster_id ${AMONG}`] : []
      const condition = ['seq > ?', ...given.map(({ column }) => `${column} = ?`), ...among].join(' AND ')
      const values = [...given.map(({ value }) => value), ...(clusters ? [JSON.stringify(clusters)] : [])]
      return all(EVENT, `SELECT * FROM events WHERE ${condition} ORDER BY seq LIMIT ?`, after, ...values, limit)
    },
    lastEvent: async () => lastEventIn(database),
    administrators: async () => all(ADMINISTRATOR, 'SELECT * FROM administrators ORDER BY created_at, serial'),
    answer: async (key) => one(KEPT_ANSWER, 'SELECT * FROM answers WHERE key = ?', key),
    administrator: async (serial) => one(ADMINISTRATOR, 'SELECT * FROM administrators WHERE serial = ?', serial),
    accounts: async () => all(ACCOUNT, 'SELECT * FROM accounts ORDER BY name'),
    account: async (name) => one(ACCOUNT, 'SELECT * FROM accounts WHERE name = ?', name),
    apiTokens: async () => all(API_TOKEN, 'SELECT * FROM api_tokens ORDER BY created_at, hash'),
    apiToken: async (hash) => one(API_TOKEN, 'SELECT * FROM api_tokens WHERE hash = ?', hash),
    userSessions: async (name) =>
      name === undefined
        ? all(USER_SESSION, 'SELECT * FROM user_sessions ORDER BY created_at, hash')
        : all(USER_SESSION, 'SELECT * FROM user_sessions WHERE name = ? ORDER BY created_at, hash', name),
    userSession: async (hash) => one(USER_SESSION, 'SELECT * FROM user_sessions WHERE hash = ?', hash),
    async commit(changes, expected) {
      try {
        return database.transaction(() => {
          if (expected && !isCurrent(expected)) return false
          for (const change of changes) carryOut(change)
          return true
        })
      } catch (error) {
        // It was remembered, and is not stored.
        records.clear()
        throw error
      }
    },
    ...auditOn(prepare, all),
    ...sweepsOn(database),
    async *snapshot() {
      yield* snapshotOf(database.sql, path)
    },
    async fill(entries) {
      const summary = await fillSqlite(database, path, entries)
      records.clear()
      return summary
    },
    close: async () => database.close(),
  }
}

function queriesOn({ prepare }: Database) {
  const found = (value: SQLInputValue) => (typeof value === 'string' ? storable(value) : value)
  const all = <T>(kind: RecordKind<T>, sql: string, ...values: SQLInputValue[]): T[] =>
    prepare(sql)
      .all(...values.map(found))
      .map((row) => fromRow(kind, row))
  const one = <T>(kind: RecordKind<T>, sql: string, ...values: SQLInputValue[]): T | undefined => {
    const row = prepare(sql).get(...values.map(found))
    return row && fromRow(kind, row)
  }
  return { all, one }
}

function changesOn(prepare: (sql: string) => Statement, records: Records): (change: Change) => void {
  const add = <T>(kind: RecordKind<T>, record: Partial<T>) => {
    const row = toRow(kind, record)
    records.changed(kind, String(row[columnOf(kind.key)]), record)
    const names = Object.keys(row)
    const sql = `INSERT INTO ${kind.table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
    prepare(sql).run(...Object.values(row))
  }
  const set = <T>(kind: RecordKind<T>, key: string, to: Partial<T>) => {
    const row = toRow(kind, to)
    const names = Object.keys(row).map((name) => `${name} = ?`)
    if (names.length === 0) return
    records.changed(kind, key, to)
    prepare(`UPDATE ${kind.table} SET ${names.join(', ')} WHERE ${kind.key} = ?`).run(...Object.values(row), key)
  }
  const remove = (kind: RecordKind<object>, key: string) => {
    records.removed(kind)
    prepare(`DELETE FROM ${kind.table} WHERE ${kind.key} = ?`).run(key)
  }
  return (change) => {
    const own = recordChangeOf(change)
    if (own?.verb === 'add') return add(own.kind, own.record)
    if (own?.verb === 'set') return set(own.kind, own.key, own.to)
    if (own?.verb === 'remove') return remove(own.kind, own.key)
    switch (change.change) {
      case 'add-cluster':
        add(CLUSTER, change.cluster)
        prepare('INSERT INTO cluster_versions (cluster_id, version) VALUES (?, 0)').run(change.cluster.id)
        return
      case 'add-event':
        return add(EVENT, { ...change.event, kind: change.event.event.kind })
      case 'add-audit-entry':
        return add(AUDIT, link(headIn(prepare), change.content))
      case 'remove-audit-entries':
        return void prepare('DELETE FROM audit WHERE number <= ?').run(change.upTo)
      case 'trim-answers': {
        const newest = 'SELECT key FROM answers WHERE owner = :owner ORDER BY created_at DESC, key LIMIT :keep'
        const sql = `DELETE FROM answers WHERE created_at < :before OR (owner = :owner AND key NOT IN (${newest}))`
        return void prepare(sql).run({ before: change.before, owner: storable(change.owner), keep: change.keep })
      }
      case 'remove-step-progress':
        return void prepare("DELETE FROM events WHERE run_id = ? AND kind = 'step-progress'").run(change.runId)
    }
  }
}
