import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite'
import { AgentError } from '../../../base/agent-error.ts'
import { newerSchema } from '../newer-schema.ts'
import { failureOf } from './failures.ts'
import { MIGRATIONS } from './schema.ts'

/** By position, or by name. */
type Values = SQLInputValue[] | [Record<string, SQLInputValue>]
export type Row = Record<string, SQLOutputValue>

/** As of node:sqlite, except that it throws what failureOf returns. */
export interface Statement {
  all(...values: Values): Row[]
  get(...values: Values): Row | undefined
  run(...values: Values): { changes: number | bigint }
}

export interface Database {
  readonly sql: DatabaseSync
  /** Statements are kept: prepared once for each text. */
  prepare(sql: string): Statement
  /** Atomic, and durable when it returns. Nested calls are part of the outermost transaction. */
  transaction<T>(work: () => T): T
  close(): void
}

/** Opens the file with an exclusive lock. Refuses a schema that is newer than this build. */
export function openDatabase(path: string): Database {
  // Created here, so that it always has mode 0600; SQLite creates its log with the same mode.
  closeSync(openSync(path, 'a', 0o600))
  const sql = new DatabaseSync(path)
  const transaction = transactions(sql, path)
  try {
    claim(sql, path)
    allowShrinking(sql)
    migrate(sql, transaction)
  } catch (error) {
    sql.close()
    throw error
  }
  return { sql, prepare: statementsOf(sql, path), transaction, close: () => sql.close() }
}

function claim(sql: DatabaseSync, path: string): void {
  try {
    sql.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA journal_size_limit = 16777216;
      BEGIN IMMEDIATE; COMMIT;
    `)
  } catch (cause) {
    throw cause instanceof Error && cause.message.includes('locked') ? locked(path, cause) : failureOf(cause, path)
  }
}

/** Larger databases take too long to rewrite at a start. */
const REWRITTEN_BYTES = 2 ** 30

/** A database that an older build made keeps its size until it is rewritten once. The space for that may be missing. */
function allowShrinking(sql: DatabaseSync): void {
  const pragma = (name: string) => Number(sql.prepare(`PRAGMA ${name}`).get()?.[name])
  const INCREMENTAL = 2
  if (pragma('auto_vacuum') === INCREMENTAL || pragma('page_count') * pragma('page_size') > REWRITTEN_BYTES) return
  try {
    sql.exec(`PRAGMA auto_vacuum = ${INCREMENTAL}; VACUUM`)
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error)) throw error
  }
}

function locked(path: string, cause: Error): AgentError {
  return new AgentError('store/locked', `${path} is in use by another controller`, {
    fix: 'stop the other controller, or pass another --data directory',
    kind: 'invalid',
    cause,
  })
}

function statementsOf(sql: DatabaseSync, path: string): Database['prepare'] {
  const known = new Map<string, Statement>()
  const attempt = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw failureOf(error, path)
    }
  }
  const prepare = (text: string): Statement => {
    const statement = attempt(() => sql.prepare(text))
    return {
      all: (...values) => attempt(() => statement.all(...(values as SQLInputValue[]))),
      get: (...values) => attempt(() => statement.get(...(values as SQLInputValue[]))),
      run: (...values) => attempt(() => statement.run(...(values as SQLInputValue[]))),
    }
  }
  return (text) => {
    const statement = known.get(text) ?? prepare(text)
    known.set(text, statement)
    return statement
  }
}

function transactions(sql: DatabaseSync, path: string): Database['transaction'] {
  return (work) => {
    if (sql.isTransaction) return work()
    try {
      sql.exec('BEGIN IMMEDIATE')
      const result = work()
      sql.exec('COMMIT')
      return result
    } catch (error) {
      // SQLite has already rolled back after some errors, such as a full disk.
      if (sql.isTransaction) sql.exec('ROLLBACK')
      throw failureOf(error, path)
    }
  }
}

function migrate(sql: DatabaseSync, transaction: Database['transaction']): void {
  const found = Number(sql.prepare('PRAGMA user_version').get()?.user_version ?? 0)
  if (found > MIGRATIONS.length) throw newerSchema('the data directory', found, MIGRATIONS.length)
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < found) continue
    transaction(() => {
      sql.exec(migration)
      sql.exec(`PRAGMA user_version = ${index + 1}`)
    })
  }
}
