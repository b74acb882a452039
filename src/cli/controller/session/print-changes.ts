import { eventRoutes } from '../../../protocol/api/events.ts'
import { readerLeft } from '../../kit/standard-streams.ts'
import type { AdminClient } from './client.ts'
import { retryUnreachable } from './retry-unreachable.ts'
import { print } from './session.ts'

const WAIT_MS = 25_000
/** Changes come in bursts: one query for all of them. */
const SETTLE_MS = 300

/**
 * Prints the result of the query after each change; a terminal is cleared first. Ends when nobody reads standard output.
 * `filter`: the name of the only cluster whose changes matter.
 */
export function printChanges(
  client: AdminClient,
  filter: { name?: string },
  query: () => Promise<string>,
): Promise<void> {
  return Promise.race([keepPrinting(client, filter, query), readerLeft(process)])
}

async function keepPrinting(
  client: AdminClient,
  { name }: { name?: string },
  query: () => Promise<string>,
): Promise<never> {
  let last = await lastEvent(client)
  let shown = ''
  for (;;) {
    const text = await retryUnreachable(query)
    if (text !== shown) print(process.stdout.isTTY ? `\x1b[2J\x1b[H${text}` : text)
    shown = text
    const asked = { query: { after: last, waitMs: WAIT_MS, cluster: name } }
    const answer = await retryUnreachable(() => client.ask(eventRoutes.listEvents, asked, { waitMs: WAIT_MS }))
    last = answer.last
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  }
}

/** The number of the newest event. */
export async function lastEvent(client: AdminClient): Promise<number> {
  const { last } = await client.ask(eventRoutes.listEvents, { query: { tail: '1' } })
  return last
}
