import type { Store } from '../port.ts'
import type { Database } from './database.ts'

/** About 1 MiB: it takes a few milliseconds. */
const PAGES_AT_ONCE = 256

type Sweeps = Pick<Store, 'eventTotals' | 'eventSizes' | 'sweepEvents' | 'giveBackSpace'>

/** The queries of retention. Each looks at a limited number of events, because nothing else happens meanwhile. */
export function sweepsOn({ prepare, transaction }: Database): Sweeps {
  const SIZE = 'coalesce(sum(octet_length(event)), 0)'
  return {
    async eventTotals(runId) {
      const found = prepare(`SELECT count(*) AS events, ${SIZE} AS bytes FROM events WHERE run_id = ?`).get(runId)
      return { events: Number(found?.events), bytes: Number(found?.bytes) }
    },
    async eventSizes(after, limit) {
      const page = 'SELECT seq, cluster_id, event FROM events WHERE seq > ? ORDER BY seq LIMIT ?'
      const sql = `SELECT cluster_id, count(*) AS events, ${SIZE} AS bytes, max(seq) AS last FROM (${page}) GROUP BY cluster_id`
      const rows = prepare(sql).all(after, limit)
      const sizes = rows.map(
        (row) => [String(row.cluster_id), { events: Number(row.events), bytes: Number(row.bytes) }] as const,
      )
      const last = rows.length === 0 ? undefined : Math.max(...rows.map((row) => Number(row.last)))
      return { last, sizes: new Map(sizes) }
    },
    sweepEvents: async ({ after, cluster, kinds, before }, limit) =>
      transaction(() => {
        const ofCluster = cluster === undefined ? '' : 'AND cluster_id = ?'
        const page = `SELECT seq FROM events WHERE seq > ? ${ofCluster} ORDER BY seq LIMIT ?`
        const from = cluster === undefined ? [after, limit] : [after, cluster, limit]
        const { last } = prepare(`SELECT max(seq) AS last FROM (${page})`).get(...from) ?? {}
        if (typeof last !== 'number') return { last: undefined, events: 0, bytes: 0 }
        const matching = `seq IN (${page}) AND (? IS NULL OR kind IN (SELECT value FROM json_each(?))) AND (? IS NULL OR at < ?)`
        const list = kinds === undefined ? null : JSON.stringify(kinds)
        const values = [...from, list, list, before ?? null, before ?? null]
        const found = prepare(`SELECT count(*) AS events, ${SIZE} AS bytes FROM events WHERE ${matching}`).get(
          ...values,
        )
        if (Number(found?.events) > 0) prepare(`DELETE FROM events WHERE ${matching}`).run(...values)
        return { last, events: Number(found?.events), bytes: Number(found?.bytes) }
      }),
    giveBackSpace: async () => void prepare(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`).all(),
  }
}
