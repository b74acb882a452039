import { type Kysely, sql } from 'kysely'
import type { Entries, Summary } from '../entries.ts'
import { fill } from '../fill.ts'
import { toRow } from '../rows.ts'
import { entriesIn } from './snapshot.ts'
import type { Tables } from './tables.ts'

/** See Store.fill. */
export function fillPostgres(db: Kysely<Tables>, entries: Entries): Promise<Summary> {
  return db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (tx) => {
      // A source may be slow to read.
      await sql`SET LOCAL statement_timeout = 0`.execute(tx)
      await sql`SET LOCAL idle_in_transaction_session_timeout = 0`.execute(tx)
      await sql`LOCK TABLE clusters IN EXCLUSIVE MODE`.execute(tx)
      return fill(
        {
          read: () => entriesIn(tx),
          async insert(kind, records) {
            const rows = records.map((record) => toRow(kind, record))
            // Optional columns are null, so that all rows have the same ones.
            const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
            const columns = sql.join(names.map((name) => sql.ref(name)))
            const values = rows.map((row) => sql`(${sql.join(names.map((name) => row[name] ?? null))})`)
            await sql`INSERT INTO ${sql.table(kind.table)} (${columns}) VALUES ${sql.join(values)}`.execute(tx)
          },
          async finish(lastEvent) {
            await sql`INSERT INTO cluster_versions (cluster_id, version) SELECT id, 0 FROM clusters`.execute(tx)
            await tx.updateTable('event_numbers').set({ last: lastEvent }).execute()
          },
        },
        entries,
      )
    })
}
