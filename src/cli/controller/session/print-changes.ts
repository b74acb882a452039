import { eventRoutes } from '../../../protocol/api/events.ts'
import { type Followed, followEvents, lastEvent, whileRead } from '../follow/follow-events.ts'
import type { AdminClient } from './client.ts'
import { retryUnreachable } from './retry-unreachable.ts'
import { print } from './session.ts'

const WAIT_MS = 25_000

/**
 * Prints the result of the query after each change; a terminal is cleared first. Ends when nobody reads standard output.
 * `filter`: the name of the only cluster whose changes matter.
 */
export async function printChanges(
  client: AdminClient,
  filter: { name?: string },
  query: () => Promise<string>,
): Promise<void> {
  const after = await lastEvent(client)
  const events = followEvents(client, eventRoutes.listEvents, { cluster: filter.name, after })
  await whileRead(events, keepPrinting(events, query))
}

async function keepPrinting(events: Followed<unknown>, query: () => Promise<string>): Promise<never> {
  let shown = ''
  for (;;) {
    const text = await retryUnreachable(query)
    if (text !== shown) print(process.stdout.isTTY ? `\x1b[2J\x1b[H${text}` : text)
    shown = text
    // Without an event, what is shown as known can become UNKNOWN with time.
    await events.next(WAIT_MS)
  }
}
