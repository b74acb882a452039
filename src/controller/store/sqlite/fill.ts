import type { Entries, Summary } from '../entries.ts'
import { fill } from '../fill.ts'
import { toRow } from '../rows.ts'
import type { Database } from './database.ts'
import { failureOf } from './failures.ts'
import { entriesIn } from './snapshot.ts'

/** See Store.fill. Nobody else uses the store meanwhile: it has one connection, and so one transaction. */
export async function fillSqlite({ sql }: Database, path: string, entries: Entries): Promise<Summary> {
  try {
    sql.exec('BEGIN IMMEDIATE')
    const summary = await fill(
      {
        read: () => entriesIn(sql),
        insert(kind, records) {
          for (const record of records) {
            const row = toRow(kind, record)
            const names = Object.keys(row)
            const insert = `INSERT INTO ${kind.table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
            sql.prepare(insert).run(...Object.values(row))
          }
        },
        finish(lastEvent) {
          sql.exec('INSERT INTO cluster_versions (cluster_id, version) SELECT id, 0 FROM clusters')
          sql.exec("DELETE FROM sqlite_sequence WHERE name = 'events'")
          sql.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)").run(lastEvent)
        },
      },
      entries,
    )
    sql.exec('COMMIT')
    return summary
  } catch (error) {
    if (sql.isTransaction) sql.exec('ROLLBACK')
    throw failureOf(error, path)
  }
}
