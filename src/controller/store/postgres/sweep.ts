import { type Kysely, sql } from 'kysely'
import type { Store } from '../port.ts'
import type { Tables } from './tables.ts'

export type Sweeps = Pick<Store, 'eventTotals' | 'eventSizes' | 'sweepEvents' | 'giveBackSpace'>

interface Sums {
  events: string
  bytes: string
  last?: string | null
}

/** The queries of retention. Autovacuum makes the space usable again. */
export function sweepsOn(db: Kysely<Tables>): Sweeps {
  const sums = sql`count(*) AS events, coalesce(sum(octet_length(event::text)), 0) AS bytes`
  const numbers = (row: Sums | undefined) => ({ events: Number(row?.events ?? 0), bytes: Number(row?.bytes ?? 0) })
  return {
    async eventTotals(runId) {
      const { rows } = await sql<Sums>`SELECT ${sums} FROM events WHERE run_id = ${runId}`.execute(db)
      return numbers(rows[0])
    },
    async eventSizes(after, limit) {
      const { rows } = await sql<Sums & { cluster_id: string }>`
        SELECT cluster_id, ${sums}, max(seq) AS last
        FROM (SELECT seq, cluster_id, event FROM events WHERE seq > ${after} ORDER BY seq LIMIT ${limit}) AS page
        GROUP BY cluster_id`.execute(db)
      const last = rows.length === 0 ? undefined : Math.max(...rows.map((row) => Number(row.last)))
      return { last, sizes: new Map(rows.map((row) => [row.cluster_id, numbers(row)])) }
    },
    async sweepEvents({ after, cluster, kinds, before }, limit) {
      const ofCluster = cluster === undefined ? sql`` : sql`AND cluster_id = ${cluster}`
      const ofKinds = kinds === undefined ? sql`` : sql`AND kind = ANY(${kinds}::text[])`
      const ofTime = before === undefined ? sql`` : sql`AND at COLLATE "C" < ${before}`
      const { rows } = await sql<Sums>`
        WITH page AS (SELECT seq FROM events WHERE seq > ${after} ${ofCluster} ORDER BY seq LIMIT ${limit}),
        gone AS (DELETE FROM events WHERE seq IN (SELECT seq FROM page) ${ofKinds} ${ofTime} RETURNING event)
        SELECT ${sums}, (SELECT max(seq) FROM page) AS last FROM gone`.execute(db)
      const last = rows[0]?.last
      return { ...numbers(rows[0]), last: last === null || last === undefined ? undefined : Number(last) }
    },
    giveBackSpace: async () => undefined,
  }
}
