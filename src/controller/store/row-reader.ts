import { CLUSTER, ENROLMENT, fromRow, NODE, type RecordKind, type Row, RUN } from './rows.ts'

export type ReadRow = <T>(kind: RecordKind<T>, row: Row) => T

/**
 * Of these, each decision about a cluster reads all that the cluster has, and few have changed since the last one. The row of a
 * cluster has the report of its operator, of megabytes, and each message of a node reads it.
 */
const REMEMBERED: readonly string[] = [CLUSTER, NODE, RUN, ENROLMENT].map(({ table }) => table)

interface Known {
  row: Row
  record: unknown
  size: number
}

/**
 * `fromRow`, but a row that is the same as when it was last read is not parsed again: the same frozen record is returned.
 * Remembers rows with at most `limit` characters in total, and forgets first what was not read for the longest time.
 */
export function rowReader(limit = 32 * 2 ** 20): ReadRow {
  const known = new Map<string, Known>()
  let total = 0
  const forget = (key: string, { size }: Known) => {
    known.delete(key)
    total -= size
  }
  return <T>(kind: RecordKind<T>, row: Row): T => {
    if (!REMEMBERED.includes(kind.table)) return fromRow(kind, row)
    const key = `${kind.table} ${row[kind.key]}`
    const last = known.get(key)
    if (last) forget(key, last)
    const record = last && isSame(last.row, row) ? (last.record as T) : frozen(fromRow(kind, row))
    const size = sizeOf(row)
    known.set(key, { row, record, size })
    total += size
    for (const [oldest, each] of known) {
      if (total <= limit) break
      forget(oldest, each)
    }
    return record
  }
}

function isSame(one: Row, other: Row): boolean {
  for (const column in one) if (one[column] !== other[column]) return false
  return true
}

/** In characters; a number counts as one. */
function sizeOf(row: Row): number {
  let size = 0
  for (const column in row) {
    const value = row[column]
    size += typeof value === 'string' ? value.length : 1
  }
  return size
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const each of Object.values(value)) frozen(each)
  return Object.freeze(value)
}
