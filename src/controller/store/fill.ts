import { AgentError } from '../../base/agent-error.ts'
import {
  type Entries,
  type Entry,
  isEmpty,
  isSame,
  kindOf,
  readEntries,
  type Summary,
  summaryOf,
  summing,
} from './entries.ts'
import type { RecordKind } from './record-kinds.ts'

/** What filling needs from a backend, inside of one transaction that only this uses. */
export interface Filling {
  read(): Entries
  insert(kind: RecordKind<object>, records: readonly object[]): void | Promise<void>
  /** After all records. */
  finish(lastEvent: number): void | Promise<void>
}

const AT_ONCE = 100

/** See Store.fill. If it rejects, the caller rolls back. */
export async function fill(store: Filling, entries: Entries): Promise<Summary> {
  const before = await summaryOf(store.read())
  if (!isEmpty(before)) return requireSame(before, await summaryOf(readEntries(entries)))
  const given = await insertAll(store, entries)
  await store.finish(given.lastEvent)
  const stored = await summaryOf(store.read())
  if (isSame(given, stored)) return stored
  throw new Error(`the copy differs: ${JSON.stringify(stored)} instead of ${JSON.stringify(given)}`)
}

async function insertAll(store: Filling, entries: Entries): Promise<Summary> {
  const all = summing(readEntries(entries))
  let pending: Extract<Entry, readonly ['record', ...unknown[]]>[] = []
  const flush = async () => {
    const [first] = pending
    if (first)
      await store.insert(
        kindOf(first[1]),
        pending.map(([, , record]) => record),
      )
    pending = []
  }
  for (;;) {
    const { done, value } = await all.next()
    if (done) {
      await flush()
      return value
    }
    if (value[0] !== 'record') continue
    if (pending.length >= AT_ONCE || (pending[0] && pending[0][1] !== value[1])) await flush()
    pending.push(value)
  }
}

function requireSame(found: Summary, given: Summary): Summary {
  if (isSame(found, given)) return found
  const what = Object.entries(found.counts).flatMap(([table, count]) => (count > 0 ? [`${count} ${table}`] : []))
  throw new AgentError('store/not-empty', `the database is not empty: it has ${what.join(', ')}`, {
    fix: 'use an empty database',
    kind: 'invalid',
  })
}
