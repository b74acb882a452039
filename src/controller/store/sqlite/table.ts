import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { Database } from './database.ts'

/** How a field of a record lies in its column, which is called like the field in snake_case. */
export type Kind = 'text' | 'integer' | 'boolean' | 'json'
export type Columns<T> = { readonly [field in keyof T]-?: Kind }

export interface Table<T, K extends keyof T> {
  get(key: T[K]): T | undefined
  insert(record: T): void
  update(key: T[K], changes: Partial<T>): void
  remove(key: T[K]): void
  removeWhere(condition: string, ...values: SQLInputValue[]): void
  /** `condition` is what follows WHERE, from code alone, with `?` for the values. */
  where(condition: string, ...values: SQLInputValue[]): T[]
  count(condition: string, ...values: SQLInputValue[]): number
}

export function openTable<T extends object, K extends keyof T & string>(
  database: Database,
  name: string,
  key: K,
  columns: Columns<T>,
): Table<T, K> {
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql) ?? database.sql.prepare(sql)
    statements.set(sql, known)
    return known
  }
  const fields = Object.keys(columns) as (keyof T & string)[]
  const decode = (row: Record<string, SQLOutputValue>): T =>
    Object.fromEntries(fields.map((field) => [field, fromSql(columns[field], row[snake(field)])])) as T
  const encode = (record: Partial<T>, field: keyof T & string) => toSql(columns[field], record[field])
  const byKey = `WHERE ${snake(key)} = ?`

  return {
    get(value) {
      const row = prepare(`SELECT * FROM ${name} ${byKey}`).get(toSql(columns[key], value))
      return row && decode(row)
    },
    insert(record) {
      const given = fields.filter((field) => record[field] !== undefined)
      const sql = `INSERT INTO ${name} (${given.map(snake).join(', ')}) VALUES (${given.map(() => '?').join(', ')})`
      prepare(sql).run(...given.map((field) => encode(record, field)))
    },
    update(value, changes) {
      const given = fields.filter((field) => changes[field] !== undefined)
      const sql = `UPDATE ${name} SET ${given.map((field) => `${snake(field)} = ?`).join(', ')} ${byKey}`
      prepare(sql).run(...given.map((field) => encode(changes, field)), toSql(columns[key], value))
    },
    remove(value) {
      prepare(`DELETE FROM ${name} ${byKey}`).run(toSql(columns[key], value))
    },
    removeWhere(condition, ...values) {
      prepare(`DELETE FROM ${name} WHERE ${condition}`).run(...values)
    },
    where(condition, ...values) {
      return prepare(`SELECT * FROM ${name} WHERE ${condition}`)
        .all(...values)
        .map(decode)
    },
    count(condition, ...values) {
      return Number(prepare(`SELECT count(*) AS n FROM ${name} WHERE ${condition}`).get(...values)?.n)
    },
  }
}

function snake(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function toSql(kind: Kind, value: unknown): SQLInputValue {
  if (value === null) return null
  if (kind === 'json') return JSON.stringify(value)
  if (kind === 'boolean') return value ? 1 : 0
  return value as string | number
}

function fromSql(kind: Kind, value: SQLOutputValue | undefined): unknown {
  if (value === null || value === undefined) return null
  if (kind === 'json') return JSON.parse(String(value))
  if (kind === 'boolean') return value === 1
  return value
}
