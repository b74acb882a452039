import { type Kysely, sql } from 'kysely'
import { type Entry, fieldsEntry } from '../entries.ts'
import { RECORDS, type RecordKind } from '../record-kinds.ts'
import { columnOf, fromRow } from '../rows.ts'
import type { Tables } from './tables.ts'

const AT_ONCE = 50

/** Reads in one transaction, which sees one moment, and does not hinder others. */
export async function* snapshotOf(db: Kysely<Tables>): AsyncGenerator<Entry> {
  const tx = await db.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute()
  try {
    yield* entriesIn(tx)
  } finally {
    await tx.rollback().execute()
  }
}

export async function* entriesIn(tx: Kysely<Tables>): AsyncGenerator<Entry> {
  // The first query decides which moment the transaction sees.
  const { last } = await tx.selectFrom('event_numbers').select('last').executeTakeFirstOrThrow()
  yield fieldsEntry()
  for (const kind of RECORDS) {
    for await (const row of rowsOf(tx, kind))
      yield ['record', kind.table, fromRow(kind, row) as Record<string, unknown>]
  }
  yield ['numbers', { lastEvent: Number(last) }]
}

async function* rowsOf(
  tx: Kysely<Tables>,
  { table, key }: RecordKind<object>,
): AsyncGenerator<Record<string, unknown>> {
  const column = columnOf(key)
  let after: unknown
  for (;;) {
    const beyond = after === undefined ? sql`` : sql`WHERE ${sql.ref(column)} > ${after}`
    const page = sql<Record<string, unknown>>`
      SELECT * FROM ${sql.table(table)} ${beyond} ORDER BY ${sql.ref(column)} LIMIT ${sql.lit(AT_ONCE)}`
    const { rows } = await page.execute(tx)
    yield* rows
    if (rows.length < AT_ONCE) return
    after = rows.at(-1)?.[column]
  }
}
