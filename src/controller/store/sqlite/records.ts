import type { SQLInputValue } from 'node:sqlite'
import { openRemembered } from '../cache/remembered.ts'
import { frozen, isRemembered, sizeOf } from '../cache/row-reader.ts'
import { NODE, type RecordKind } from '../record-kinds.ts'
import { asStored, columnOf, fromRow } from '../rows.ts'
import type { Database } from './database.ts'

/** The records of clusters, which each decision reads. They are frozen. */
export interface Records {
  get<T>(kind: RecordKind<T>, key: string): T | undefined
  /**
   * `keys`: a query whose only column is the key of the record, in the wanted order. It is asked again and again, and reads only this
   * kind of records and `nodes.cluster_id`.
   */
  list<T>(kind: RecordKind<T>, keys: string, values?: Values): T[]
  /** One was added, or is set to other values. */
  changed<T>(kind: RecordKind<T>, key: string, to: Partial<T>): void
  /** One was removed, and with it what refers to it. */
  removed(kind: { table: string }): void
  /** Anything may have changed. */
  clear(): void
}

type Values = SQLInputValue[] | Record<string, SQLInputValue>

/** Lists of keys, by kind of the records. */
const MOST_KEYS = 200_000

/** Remembers what was read until it is changed: no other process changes the database. */
export function recordsOn({ prepare }: Database): Records {
  const known = openRemembered<unknown>()
  const lists = new Map<string, ReturnType<typeof openRemembered<string[]>>>()
  const listsOf = ({ table }: { table: string }) => {
    const own = lists.get(table) ?? openRemembered<string[]>(MOST_KEYS)
    lists.set(table, own)
    return own
  }
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
  const keysOf = (query: string, values: Values) => {
    const rows = Array.isArray(values) ? prepare(query).all(...values) : prepare(query).all(values)
    return rows.map((row) => String(Object.values(row)[0]))
  }
  const all = <T>(kind: RecordKind<T>, keys: readonly string[]) => keys.flatMap((key) => get(kind, key) ?? [])
  const clear = () => {
    known.clear()
    lists.clear()
  }
  return {
    get,
    list(kind, query, values = []) {
      const own = listsOf(kind)
      const name = JSON.stringify([query, values])
      const last = own.get(name)
      if (last) return all(kind, last)
      const keys = keysOf(query, values)
      own.set(name, keys, keys.length + 1)
      return all(kind, keys)
    },
    changed(kind, key, to) {
      if (!isRemembered(kind)) return
      const name = `${kind.table} ${key}`
      const last = known.get(name) as object | undefined
      const stored = last && !(kind.key in to) && asStored(kind, to)
      if (stored) known.replace(name, Object.freeze({ ...last, ...stored }))
      else known.delete(name)
      // A node reports all the time. It stays in its lists.
      const stays = kind.table === NODE.table && !('clusterId' in to || 'createdAt' in to)
      if (!stays) listsOf(kind).clear()
    },
    removed(kind) {
      if (isRemembered(kind)) clear()
    },
    clear,
  }
}
