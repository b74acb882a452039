import type { SQLInputValue } from 'node:sqlite'
import { openRemembered } from '../remembered.ts'
import { frozen, sizeOf } from '../row-reader.ts'
import { columnOf, fromRow, type RecordKind } from '../rows.ts'
import type { Database } from './database.ts'

/** The records of clusters, which each decision reads. They are frozen. */
export interface Records {
  get<T>(kind: RecordKind<T>, key: string): T | undefined
  /** `keys`: a query whose only column is the key of the record, in the wanted order. */
  select<T>(kind: RecordKind<T>, keys: string, values?: SQLInputValue[] | Record<string, SQLInputValue>): T[]
  /** It has changed. */
  forget(kind: RecordKind<unknown>, key: string): void
  /** Records were removed. */
  clear(): void
}

/** Remembers what was read until it is changed: no other process changes the database. */
export function recordsOn({ prepare }: Database): Records {
  const known = openRemembered<unknown>()
  const get = <T>(kind: RecordKind<T>, key: string): T | undefined => {
    const name = `${kind.table} ${key}`
    const last = known.get(name) as T | undefined
    if (last !== undefined) return last
    const row = prepare(`SELECT * FROM ${kind.table} WHERE ${columnOf(kind.key)} = ?`).get(key)
    if (!row) return undefined
    const record = frozen(fromRow(kind, row))
    known.set(name, record, sizeOf(row))
    return record
  }
  return {
    get,
    select<T>(kind: RecordKind<T>, keys: string, values: SQLInputValue[] | Record<string, SQLInputValue> = []) {
      const rows = Array.isArray(values) ? prepare(keys).all(...values) : prepare(keys).all(values)
      return rows.flatMap((row) => get(kind, String(Object.values(row)[0])) ?? [])
    },
    forget: ({ table }, key) => known.delete(`${table} ${key}`),
    clear: known.clear,
  }
}
