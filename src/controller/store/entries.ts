import { createHash } from 'node:crypto'
import { AgentError } from '../../base/agent-error.ts'
import { newerBackup } from './newer-schema.ts'
import { RECORDS, type RecordKind } from './record-kinds.ts'

/**
 * All records of a store, as of one moment: `fields`, then every record in the order of RECORDS and of their keys, then `numbers`.
 * The same whatever the backend is. JSON.stringify of an entry contains no line break.
 */
export type Entry =
  /** The fields of each table that the writer knew. */
  | readonly ['fields', Readonly<Record<string, readonly string[]>>]
  | readonly ['record', table: string, record: Readonly<Record<string, unknown>>]
  /** The last entry. `lastEvent`: the highest number of an event so far, also of one that was deleted. */
  | readonly ['numbers', { lastEvent: number }]

export type Entries = Iterable<Entry> | AsyncIterable<Entry>

/** What a copy is compared by. */
export interface Summary {
  /** How many records each table has. */
  counts: Record<string, number>
  lastEvent: number
  /** Of the records, in their order. */
  sha256: string
}

export function fieldsEntry(): Entry {
  return ['fields', Object.fromEntries(RECORDS.map(({ table, columns }) => [table, Object.keys(columns)]))]
}

/**
 * Reads entries that a store wrote, perhaps one of an older build: missing fields get their defaults. Throws if a newer build
 * wrote them, if one is invalid, or if the last one is missing.
 */
export async function* readEntries(entries: Entries): AsyncGenerator<Entry> {
  let isComplete = false
  for await (const entry of entries) {
    if (isComplete) throw invalid('there are entries after the last one')
    if (entry[0] === 'fields') refuseNewer(entry[1])
    isComplete = entry[0] === 'numbers'
    yield entry[0] === 'record' ? ['record', entry[1], asKnown(entry[1], entry[2])] : entry
  }
  if (!isComplete) throw invalid('the last entry is missing')
}

/** Passes entries on, and returns their summary. */
export async function* summing(entries: Entries): AsyncGenerator<Entry, Summary> {
  const hash = createHash('sha256')
  const counts = Object.fromEntries(RECORDS.map(({ table }) => [table, 0]))
  let lastEvent = 0
  for await (const entry of entries) {
    if (entry[0] === 'record') {
      counts[entry[1]] = (counts[entry[1]] ?? 0) + 1
      hash.update(`${JSON.stringify(entry)}\n`)
    }
    if (entry[0] === 'numbers') lastEvent = entry[1].lastEvent
    yield entry
  }
  return { counts, lastEvent, sha256: hash.digest('hex') }
}

export async function summaryOf(entries: Entries): Promise<Summary> {
  const all = summing(entries)
  for (;;) {
    const { done, value } = await all.next()
    if (done) return value
  }
}

export const isSame = (one: Summary, other: Summary) => one.sha256 === other.sha256 && one.lastEvent === other.lastEvent
export const isEmpty = ({ counts }: Summary) => Object.values(counts).every((count) => count === 0)

export function kindOf(table: string): RecordKind<object> {
  const kind = RECORDS.find((each) => each.table === table)
  if (!kind) throw newerBackup(`records of ${table}`)
  return kind
}

/** Fields that this build does not know would be lost. */
function refuseNewer(fields: Readonly<Record<string, readonly string[]>>): void {
  for (const [table, names] of Object.entries(fields)) {
    const known = Object.keys(kindOf(table).columns)
    const unknown = names.find((name) => !known.includes(name))
    if (unknown !== undefined) throw newerBackup(`the field ${unknown} of ${table}`)
  }
}

function asKnown(table: string, record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { columns, parse } = kindOf(table)
  const given = Object.keys(columns).map((field) => [field, record[field] ?? null])
  try {
    return parse(Object.fromEntries(given)) as Record<string, unknown>
  } catch (cause) {
    throw invalid(`one of ${table} is not valid`, cause)
  }
}

function invalid(why: string, cause?: unknown): AgentError {
  return new AgentError('store/invalid-records', `the records cannot be read: ${why}`, {
    fix: 'use another backup',
    kind: 'invalid',
    cause,
  })
}
