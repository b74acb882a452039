import type { StoredEvent } from '../domain/records.ts'
import type { EventFilter, Store } from '../store/port.ts'

export interface PageLimits {
  events: number
  bytes: number
}

/** Events that are read at once: they are in memory before their size is known. */
const READ_AT_ONCE = 50

/** The next events, at most so many and about so many bytes as JSON; at least one if there is one. */
export async function eventPage(
  store: Pick<Store, 'eventsAfter'>,
  filter: EventFilter,
  limits: PageLimits,
): Promise<StoredEvent[]> {
  const page: StoredEvent[] = []
  let bytes = 0
  for (;;) {
    const count = Math.min(READ_AT_ONCE, limits.events - page.length)
    const found = await store.eventsAfter({ ...filter, after: page.at(-1)?.seq ?? filter.after }, count)
    for (const event of found) {
      bytes += Buffer.byteLength(JSON.stringify(event.event))
      if (bytes > limits.bytes && page.length > 0) return page
      page.push(event)
    }
    if (found.length < count || page.length >= limits.events) return page
  }
}
