import { type Kysely, sql } from 'kysely'
import type { Change } from '../../domain/change.ts'
import { link } from '../link.ts'
import { recordChangeOf } from '../record-change.ts'
import { AUDIT, CLUSTER, EVENT, type RecordKind } from '../record-kinds.ts'
import { toRow } from '../rows.ts'
import { headIn, lockAudit } from './audit.ts'
import type { Tables } from './tables.ts'

type Tx = Kysely<Tables>

/**
 * Applies all changes in their order, in the caller's transaction. Every commit takes its locks in the same order, to avoid
 * deadlocks: the cluster's version, then nodes by id, then the numbers of events, then the head of the audit log.
 */
export async function carryOut(tx: Tx, changes: readonly Change[]): Promise<void> {
  await lockNodes(
    tx,
    changes.flatMap((each) => (each.change === 'set-node' ? [each.id] : [])),
  )
  const events = changes.filter(({ change }) => change === 'add-event').length
  let seq = events > 0 ? await takeNumbers(tx, events) : 0
  const isAudit = ({ change }: Change) => change === 'add-audit-entry' || change === 'remove-audit-entries'
  for (const change of changes) if (!isAudit(change)) await carryOutOne(tx, change, () => ++seq)
  const audit = changes.filter(isAudit)
  if (audit.length > 0) await lockAudit(tx)
  for (const change of audit) await carryOutOne(tx, change, () => ++seq)
}

async function lockNodes(tx: Tx, ids: readonly string[]): Promise<void> {
  if (new Set(ids).size < 2) return
  await tx.selectFrom('nodes').select('id').where('id', '=', anyOf(ids)).orderBy('id').forNoKeyUpdate().execute()
}

/** Reserves event numbers; returns the one before the first. Other commits wait for this transaction, so readers see no gap. */
async function takeNumbers(tx: Tx, count: number): Promise<number> {
  const { rows } = await sql<{ last: string }>`UPDATE event_numbers SET last = last + ${count} RETURNING last`.execute(
    tx,
  )
  return Number(rows[0]?.last) - count
}

export const anyOf = (values: readonly string[]) => sql<string>`ANY(${values}::text[])`

async function carryOutOne(tx: Tx, change: Change, nextSeq: () => number): Promise<void> {
  const own = recordChangeOf(change)
  if (own?.verb === 'add') return add(tx, own.kind, own.record)
  if (own?.verb === 'set') return set(tx, own.kind, own.key, own.to)
  if (own?.verb === 'remove') return remove(tx, own.kind, own.key)
  switch (change.change) {
    case 'add-cluster':
      await add(tx, CLUSTER, change.cluster)
      await tx
        .insertInto('cluster_versions')
        .values({ cluster_id: change.cluster.id, version: 0, lease: 0, holder: null })
        .execute()
      return
    case 'add-event':
      return add(tx, EVENT, { ...change.event, kind: change.event.event.kind, seq: nextSeq() })
    case 'add-audit-entry':
      return add(tx, AUDIT, link(await headIn(tx), change.content))
    case 'remove-audit-entries':
      await sql`SET LOCAL cantrip.audit_retention = 'on'`.execute(tx)
      await tx.deleteFrom('audit').where('number', '<=', change.upTo).execute()
      return
    case 'trim-answers': {
      const newest = sql`SELECT key FROM answers WHERE owner = ${change.owner} ORDER BY created_at DESC, key LIMIT ${change.keep}`
      await sql`
        DELETE FROM answers
        WHERE created_at < ${change.before} OR (owner = ${change.owner} AND key NOT IN (${newest}))`.execute(tx)
      return
    }
    case 'remove-step-progress':
      await tx.deleteFrom('events').where('run_id', '=', change.runId).where('kind', '=', 'step-progress').execute()
  }
}

async function add<T>(tx: Tx, kind: RecordKind<T>, record: Partial<T>): Promise<void> {
  const row = toRow(kind, record)
  const columns = sql.join(Object.keys(row).map((name) => sql.ref(name)))
  await sql`INSERT INTO ${sql.table(kind.table)} (${columns}) VALUES (${sql.join(Object.values(row))})`.execute(tx)
}

async function set<T>(tx: Tx, kind: RecordKind<T>, key: string, to: Partial<T>): Promise<void> {
  const row = Object.entries(toRow(kind, to))
  if (row.length === 0) return
  const assigned = sql.join(row.map(([name, value]) => sql`${sql.ref(name)} = ${value}`))
  await sql`UPDATE ${sql.table(kind.table)} SET ${assigned} WHERE ${sql.ref(kind.key)} = ${key}`.execute(tx)
}

async function remove(tx: Tx, kind: RecordKind<object>, key: string): Promise<void> {
  await sql`DELETE FROM ${sql.table(kind.table)} WHERE ${sql.ref(kind.key)} = ${key}`.execute(tx)
}
