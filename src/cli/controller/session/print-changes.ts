import { readerLeft } from '../../kit/standard-streams.ts'
import { type Followed, followEvents, lastEvent } from '../follow/follow-events.ts'
import type { AdminClient } from './client.ts'
import { retryUnreachable } from './retry-unreachable.ts'
import { print } from './session.ts'

const WAIT_MS = 25_000

/**
 * Prints the result of the query after each change; a terminal is cleared first. Ends when nobody reads standard output.
 * `filter`: the name of the only cluster whose changes matter.
 */
export function printChanges(
  client: AdminClient,
  filter: { name?: string },
  query: () => Promise<string>,
): Promise<void> {
  return lastEvent(client).then((after) => {
    const events = followEvents(client, { cluster: filter.name, after })
    return Promise.race([keepPrinting(events, query), readerLeft(process)]).finally(() => events.close())
  })
}

async function keepPrinting(events: Followed, query: () => Promise<string>): Promise<never> {
  let shown = ''
  for (;;) {
    const text = await retryUnreachable(query)
    if (text !== shown) print(process.stdout.isTTY ? `\x1b[2J\x1b[H${text}` : text)
    shown = text
    // Without an event, what is shown as known can become UNKNOWN with time.
    await events.next(WAIT_MS)
  }
}
