import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Cluster, StoredEvent } from '../../domain/records.ts'
import type { HasAnnouncements, HasStore } from '../../ports.ts'
import { entriesOf } from '../../views/log-entries.ts'
import { messageOf } from './send-stream.ts'

/** One client that reads new events. */
export interface Reader {
  /** Whether it is told that people changed something: not each change of a record is an event. */
  wantsChanges: boolean
  accepts(event: StoredEvent, cluster: Cluster | undefined): boolean
  write(text: string): void
  end(): void
}

export interface Feed {
  /** Where new events and changes begin, if nobody reads yet. */
  begin(): Promise<void>
  /** The number of the last event that readers got, or did not accept. */
  last(): number
  /** The reader gets all events after `last`. Returns what ends that. */
  join(reader: Reader): () => void
}

/** Of the server, so that proxies keep the connection, and a client notices that it is lost. */
export const HEARTBEAT_MS = 15_000
/** Changes come in bursts: one read, and one write to each reader, for all of them. */
const SETTLE_MS = 50
const READ_AT_ONCE = 200
const CHANGED = 'event: changed\ndata: {}\n\n'
/** Readers that are written to before others get their turn: each write encrypts. */
const WRITE_AT_ONCE = 25

/** Reads new events once for all readers, and writes each to those that accept it. */
export function openFeed(core: HasStore & HasAnnouncements): Feed {
  const readers = new Set<Reader>()
  let last = 0
  /** The last entry of the audit log that was looked at. */
  let lastEntry = 0
  let isRunning = false
  core.changes.ended.addEventListener('abort', () => {
    for (const reader of readers) reader.end()
  })
  const toAll = async (write: (reader: Reader) => unknown) => {
    let done = 0
    for (const reader of [...readers]) {
      write(reader)
      if (++done % WRITE_AT_ONCE === 0) await setImmediate()
    }
  }
  const read = async () => {
    const events = await core.store.eventsAfter({ after: last }, READ_AT_ONCE)
    const isChanged = [...readers].some(({ wantsChanges }) => wantsChanges) && (await hasChanged())
    return events.length > 0 || isChanged ? { events, isChanged } : undefined
  }
  const hasChanged = async () => {
    const entries = await core.store.auditAfter({ after: lastEntry }, READ_AT_ONCE)
    lastEntry = entries.at(-1)?.number ?? lastEntry
    return entries.some(({ content: { outcome, changes } }) => outcome === 'done' && changes.length > 0)
  }
  const broadcast = async (events: readonly StoredEvent[]) => {
    const clusters = new Map((await core.store.clusters()).map((each) => [each.id, each]))
    const entries = await entriesOf(core, events)
    const texts = new Map(entries.map((entry) => [entry.seq, messageOf(entry.seq, entry)]))
    // Only now: if the database was away, the same events are read again.
    last = events.at(-1)?.seq ?? last
    await toAll((reader) => {
      const accepted = events.filter((event) => reader.accepts(event, clusters.get(event.clusterId)))
      if (accepted.length > 0) reader.write(accepted.map(({ seq }) => texts.get(seq)).join(''))
    })
  }
  const run = async () => {
    const { ended } = core.changes
    while (readers.size > 0 && !ended.aborted) {
      // The database may be away for a while.
      const found = await core.changes.until(read, HEARTBEAT_MS, ended).catch(() => undefined)
      if (found && found.events.length > 0) await broadcast(found.events).catch(() => undefined)
      if (found?.isChanged) await toAll((reader) => reader.wantsChanges && reader.write(CHANGED))
      if (!found) await toAll((reader) => reader.write(': \n\n'))
      await setTimeout(SETTLE_MS)
    }
    isRunning = false
  }
  return {
    async begin() {
      const [newest, head] = await Promise.all([core.store.lastEvent(), core.store.auditHead()])
      if (isRunning) return
      last = Math.max(last, newest)
      lastEntry = Math.max(lastEntry, head?.number ?? 0)
    },
    last: () => last,
    join(reader) {
      readers.add(reader)
      if (!isRunning) {
        isRunning = true
        void run()
      }
      return () => readers.delete(reader)
    },
  }
}
