import { type Kysely, sql } from 'kysely'
import type { AuditHead } from '../../../protocol/audit/entry.ts'
import type { AuditFilter, Store } from '../port.ts'
import { AUDIT } from '../record-kinds.ts'
import { fromRow } from '../rows.ts'
import { LOCKS } from './locks.ts'
import type { Tables } from './tables.ts'

type Db = Kysely<Tables>
type Reads = Pick<Store, 'auditAfter' | 'auditHead' | 'auditSizes'>

/** The queries of the audit log. */
export function auditOn(db: Db): Reads {
  return {
    async auditAfter(filter, limit) {
      const { rows } = await sql<Record<string, unknown>>`
        SELECT * FROM audit WHERE ${sql.join(conditionsOf(filter), sql` AND `)} ORDER BY number LIMIT ${limit}`.execute(
        db,
      )
      return rows.map((row) => fromRow(AUDIT, row))
    },
    auditHead: () => headIn(db),
    async auditSizes(after, limit) {
      const { rows } = await sql<{ last: string | null; bytes: string }>`
        SELECT max(number) AS last, coalesce(sum(octet_length(content::text)), 0) AS bytes
        FROM (SELECT number, content FROM audit WHERE number > ${after} ORDER BY number LIMIT ${limit}) AS page`.execute(
        db,
      )
      const last = rows[0]?.last ?? undefined
      return { last: last === undefined ? undefined : Number(last), bytes: Number(rows[0]?.bytes) }
    },
  }
}

export async function headIn(db: Db): Promise<AuditHead | undefined> {
  const found = await db.selectFrom('audit').select(['number', 'hash']).orderBy('number', 'desc').limit(1).execute()
  return found[0] && { number: Number(found[0].number), hash: String(found[0].hash) }
}

/** Until the end of the transaction, no other one adds an entry: all controllers of the database write one chain. */
export async function lockAudit(tx: Db): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${sql.lit(LOCKS.cantrip)}, ${sql.lit(LOCKS.audit)})`.execute(tx)
}

function conditionsOf({ after, who, cluster, node, since, refused }: AuditFilter) {
  const conditions = [sql<boolean>`number > ${after}`]
  if (who !== undefined) conditions.push(sql`content->'who'->>'name' = ${who}`)
  if (cluster !== undefined) conditions.push(sql`content->'target'->>'cluster' = ${cluster}`)
  if (node !== undefined) {
    conditions.push(sql`(${node} IN (content->'target'->>'node', content->'target'->>'nodeId') OR EXISTS (
      SELECT 1 FROM json_array_elements(content->'changes') AS each
      WHERE each->>'record' = 'node' AND ${node} IN (each->>'id', each->>'name')))`)
  }
  if (since !== undefined) conditions.push(sql`(content->>'at') COLLATE "C" >= ${since}`)
  if (refused) conditions.push(sql`content->>'outcome' IN ('refused', 'failed')`)
  return conditions
}
