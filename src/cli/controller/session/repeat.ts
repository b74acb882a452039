import { eventRoutes } from '../../../protocol/api/events.ts'
import { readerLeft } from '../../kit/standard-streams.ts'
import type { AdminClient } from './client.ts'
import { patiently } from './patience.ts'
import { print } from './session.ts'

const WAIT_MS = 25_000
/** Changes come in bursts: one look for all of them. */
const SETTLE_MS = 300

/** Prints the look again whenever something has changed; on a terminal in the same place. Ends when its reader leaves. */
export function repeat(client: AdminClient, filter: { name?: string }, look: () => Promise<string>): Promise<void> {
  return Promise.race([keepPrinting(client, filter, look), readerLeft(process)])
}

async function keepPrinting(
  client: AdminClient,
  filter: { name?: string },
  look: () => Promise<string>,
): Promise<never> {
  let last = await lastEvent(client)
  let shown = ''
  for (;;) {
    const text = await patiently(look)
    if (text !== shown) print(process.stdout.isTTY ? `\x1b[2J\x1b[H${text}` : text)
    shown = text
    const query = { after: last, waitMs: WAIT_MS, cluster: filter.name }
    const ask = () => client.ask(eventRoutes.listEvents, { query }, { waitMs: WAIT_MS })
    const { last: seen } = await patiently(ask)
    last = seen
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  }
}

/** The number of the newest event there is. */
export async function lastEvent(client: AdminClient): Promise<number> {
  const { last } = await client.ask(eventRoutes.listEvents, { query: { tail: '1' } })
  return last
}
