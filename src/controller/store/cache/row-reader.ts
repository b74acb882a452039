import { CLUSTER, ENROLMENT, NODE, type RecordKind, RUN } from '../record-kinds.ts'
import { fromRow, type Row } from '../rows.ts'
import { openRemembered } from './remembered.ts'

export type ReadRow = <T>(kind: RecordKind<T>, row: Row) => T

/**
 * Of these, each decision about a cluster reads all that the cluster has, and few have changed since the last one. The row of a
 * cluster has the report of its operator, of megabytes, and each message of a node reads it.
 */
const REMEMBERED: readonly string[] = [CLUSTER, NODE, RUN, ENROLMENT].map(({ table }) => table)

export const isRemembered = ({ table }: { table: string }): boolean => REMEMBERED.includes(table)

/**
 * `fromRow`, but a row that is the same as when it was last read is not parsed again: the same frozen record is returned.
 * `limit`: of the characters of all rows that are remembered.
 */
export function rowReader(limit?: number): ReadRow {
  const known = openRemembered<{ row: Row; record: unknown }>(limit)
  return <T>(kind: RecordKind<T>, row: Row): T => {
    if (!isRemembered(kind)) return fromRow(kind, row)
    const key = `${kind.table} ${row[kind.key]}`
    const last = known.get(key)
    if (last && isSame(last.row, row)) return last.record as T
    const record = frozen(fromRow(kind, row))
    known.set(key, { row, record }, sizeOf(row))
    return record
  }
}

function isSame(one: Row, other: Row): boolean {
  for (const column in one) if (one[column] !== other[column]) return false
  return true
}

/** In characters; a number counts as one. */
export function sizeOf(row: Row): number {
  let size = 0
  for (const column in row) {
    const value = row[column]
    size += typeof value === 'string' ? value.length : 1
  }
  return size
}

export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const each of Object.values(value)) frozen(each)
  return Object.freeze(value)
}
