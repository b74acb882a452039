import type { SQLInputValue } from 'node:sqlite'
import type { AuditHead } from '../../../protocol/audit/entry.ts'
import type { AuditFilter, Store } from '../port.ts'
import { AUDIT, type RecordKind } from '../record-kinds.ts'
import type { Database } from './database.ts'

type Prepare = Database['prepare']
type All = <T>(kind: RecordKind<T>, sql: string, ...values: SQLInputValue[]) => T[]

export type AuditReads = Pick<Store, 'auditAfter' | 'auditHead' | 'auditSizes'>

/** The queries of the audit log. */
export function auditOn(prepare: Prepare, all: All): AuditReads {
  return {
    async auditAfter(filter, limit) {
      const { conditions, values } = conditionsOf(filter)
      const sql = `SELECT * FROM audit WHERE ${conditions.join(' AND ')} ORDER BY number LIMIT ?`
      return all(AUDIT, sql, ...values, limit)
    },
    auditHead: async () => headIn(prepare),
    async auditSizes(after, limit) {
      const page = 'SELECT number, content FROM audit WHERE number > ? ORDER BY number LIMIT ?'
      const sql = `SELECT max(number) AS last, coalesce(sum(octet_length(content)), 0) AS bytes FROM (${page})`
      const found = prepare(sql).get(after, limit)
      const last = found?.last
      return { last: typeof last === 'number' ? last : undefined, bytes: Number(found?.bytes) }
    },
  }
}

export function headIn(prepare: Prepare): AuditHead | undefined {
  const found = prepare('SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1').get()
  return found && { number: Number(found.number), hash: String(found.hash) }
}

function conditionsOf({ after, who, cluster, node, since, refused }: AuditFilter) {
  const ofNode = `(:is IN (content ->> '$.target.node', content ->> '$.target.nodeId') OR EXISTS (
    SELECT 1 FROM json_each(content, '$.changes') WHERE value ->> '$.record' = 'node' AND :is IN (value ->> '$.id', value ->> '$.name')))`
  const given: [string, SQLInputValue | undefined][] = [
    ['number > ?', after],
    ["content ->> '$.who.name' = ?", who],
    ["content ->> '$.target.cluster' = ?", cluster],
    [ofNode, node],
    ["content ->> '$.at' >= ?", since],
    ["content ->> '$.outcome' IN ('refused', ?)", refused ? 'failed' : undefined],
  ]
  const used = given.filter((each): each is [string, SQLInputValue] => each[1] !== undefined)
  // A value is bound once for each of its places.
  return {
    conditions: used.map(([condition]) => condition.replaceAll(':is', '?')),
    values: used.flatMap(([condition, value]) =>
      Array<SQLInputValue>(condition.split(':is').length - 1 || 1).fill(value),
    ),
  }
}
