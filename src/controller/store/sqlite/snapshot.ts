import { closeSync, openSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type Entry, fieldsEntry } from '../entries.ts'
import { RECORDS } from '../record-kinds.ts'
import { columnOf, fromRow } from '../rows.ts'
import type { Row } from './database.ts'
import { failureOf } from './failures.ts'

/**
 * Copies the database to a file, which has no name while it is read, so that a crash leaves nothing. The controller does nothing
 * else while the copy is made, because it has the only connection.
 */
export function* snapshotOf(sql: DatabaseSync, path: string): Generator<Entry> {
  const copyPath = `${path}.snapshot`
  let copy: DatabaseSync | undefined
  try {
    // VACUUM INTO accepts an empty file, and keeps its mode.
    rmSync(copyPath, { force: true })
    closeSync(openSync(copyPath, 'wx', 0o600))
    sql.prepare('VACUUM INTO ?').run(copyPath)
    copy = new DatabaseSync(copyPath, { readOnly: true })
    copy.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN')
    // Opens the files that it needs.
    copy.prepare('PRAGMA user_version').get()
  } catch (error) {
    copy?.close()
    throw failureOf(error, path)
  } finally {
    rmSync(copyPath, { force: true })
  }
  try {
    yield* entriesIn(copy)
  } finally {
    copy.close()
  }
}

export function* entriesIn(sql: DatabaseSync): Generator<Entry> {
  yield fieldsEntry()
  for (const kind of RECORDS) {
    for (const row of sql.prepare(`SELECT * FROM ${kind.table} ORDER BY ${columnOf(kind.key)}`).iterate())
      yield ['record', kind.table, fromRow(kind, row) as Record<string, unknown>]
  }
  yield ['numbers', { lastEvent: lastEventIn(sql) }]
}

/** AUTOINCREMENT remembers it, also if the event was deleted. */
export function lastEventIn(sql: { prepare(text: string): { get(): Row | undefined } }): number {
  return Number(sql.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get()?.seq ?? 0)
}
