import { type Kind, RECORDS, type RecordKind } from './record-kinds.ts'

export type Value = string | number | bigint | null

export type Row = Record<string, unknown>

/** The columns of the given fields, with their values. */
export function toRow<T>({ columns }: RecordKind<T>, record: Partial<T>): Record<string, Value> {
  const given = fieldsIn(columns, record)
  return Object.fromEntries(given.map((field) => [columnOf(field), toValue(columns[field], record[field])]))
}

function fieldsIn<T>(columns: RecordKind<T>['columns'], record: Partial<T>): (keyof T & string)[] {
  const fields = Object.keys(record) as (keyof T & string)[]
  return fields.filter((field) => Object.hasOwn(columns, field) && record[field] !== undefined)
}

/** The record of a row, with defaults for missing fields. Throws if the row is invalid. */
export function fromRow<T>({ columns, parse }: RecordKind<T>, row: Row): T {
  const fields = Object.keys(columns) as (keyof T & string)[]
  return parse(Object.fromEntries(fields.map((field) => [field, fromValue(columns[field], row[columnOf(field)])])))
}

/** These fields as fromRow reads them after they were stored; undefined if only reading tells, as for JSON. */
export function asStored<T>({ columns }: RecordKind<T>, to: Partial<T>): Partial<T> | undefined {
  const given = fieldsIn(columns, to)
  if (given.some((field) => columns[field] === 'json')) return undefined
  const read = (field: keyof T & string) => fromValue(columns[field], toValue(columns[field], to[field]))
  return Object.fromEntries(given.map((field) => [field, read(field)])) as Partial<T>
}

const COLUMN_NAMES = new Map(
  RECORDS.flatMap(({ columns }) =>
    Object.keys(columns).map(
      (field) => [field, field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] as const,
    ),
  ),
)

export function columnOf(field: string): string {
  const name = COLUMN_NAMES.get(field)
  if (name === undefined) throw new Error(`no record has a field ${field}`)
  return name
}

/**
 * Replaces what a text column cannot hold: NUL in PostgreSQL, and lone surrogates in UTF-8. JSON has escapes for both, and
 * needs no replacement.
 */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

function toValue(kind: Kind, value: unknown): Value {
  if (value === null) return null
  if (kind === 'text') return storable(String(value))
  if (kind === 'json') return JSON.stringify(value)
  if (kind === 'boolean') return value ? 1 : 0
  return value as number
}

/** Numbers of PostgreSQL arrive as texts, because bigint exceeds the range of JavaScript's numbers. */
function fromValue(kind: Kind, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (kind === 'json') return JSON.parse(String(value))
  if (kind === 'boolean') return Number(value) === 1
  return kind === 'integer' ? Number(value) : value
}
