import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Cluster, StoredEvent } from '../../domain/records.ts'
import type { HasAnnouncements, HasStore } from '../../ports.ts'
import { entriesOf } from '../../views/log-entries.ts'
import { messageOf } from './send-stream.ts'

/** One client that reads new events. */
export interface Reader {
  accepts(event: StoredEvent, cluster: Cluster | undefined): boolean
  write(text: string): void
  end(): void
}

export interface Feed {
  /** Where new events begin, if nobody reads yet. */
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
/** Readers that are written to before others get their turn: each write encrypts. */
const WRITE_AT_ONCE = 25

/** Reads new events once for all readers, and writes each to those that accept it. */
export function openFeed(core: HasStore & HasAnnouncements): Feed {
  const readers = new Set<Reader>()
  let last = 0
  let isRunning = false
  core.changes.ended.addEventListener('abort', () => {
    for (const reader of readers) reader.end()
  })
  const toAll = async (write: (reader: Reader) => void) => {
    let done = 0
    for (const reader of [...readers]) {
      write(reader)
      if (++done % WRITE_AT_ONCE === 0) await setImmediate()
    }
  }
  const read = async () => {
    const found = await core.store.eventsAfter({ after: last }, READ_AT_ONCE)
    return found.length > 0 ? found : undefined
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
      if (found) await broadcast(found).catch(() => undefined)
      else await toAll((reader) => reader.write(': \n\n'))
      await setTimeout(SETTLE_MS)
    }
    isRunning = false
  }
  return {
    async begin() {
      const newest = await core.store.lastEvent()
      if (!isRunning) last = Math.max(last, newest)
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
