import type pg from 'pg'
import * as z from 'zod/mini'
import type { Notice } from '../../shared.ts'
import { disconnect } from '../connect/connection.ts'

/** The name of the channel in the database. */
export const CHANNEL = 'cantrip'
const AGAIN_MS = 500

/** What is sent: ids only, because PostgreSQL limits it to 8000 bytes. */
export interface Payload {
  from: string
  /** Only for this controller; absent: for all. */
  to?: string
  notice: Notice
}

/** Any user of the database can notify on any channel, so a payload can be anything. */
const ids = z.array(z.string())
const ReceivedPayload: z.ZodMiniType<Payload> = z.object({
  from: z.string(),
  to: z.exactOptional(z.string()),
  notice: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('cluster'),
      id: z.string(),
      nodes: z.exactOptional(ids),
      undecided: z.exactOptional(z.literal(true)),
    }),
    z.object({ kind: z.literal('sessions'), nodes: ids }),
    z.object({ kind: z.literal('message') }),
  ]),
})

export interface Listener {
  /** The connection, on which notices arrive: a query on it that gets an answer shows that they do. */
  client(): Promise<pg.Client>
  end(): Promise<void>
}

/** Keeps a connection of its own, and connects again when it is lost. `on` is called with `lost` after each reconnection. */
export function openListener(connect: () => Promise<pg.Client>, on: (received: Payload | 'lost') => void): Listener {
  let current: Promise<pg.Client> | undefined
  let isEnded = false
  let wasLost = false
  const open = async () => {
    const client = await connect()
    client.on('notification', ({ payload }) => {
      const received = parse(payload)
      if (received) on(received)
    })
    client.once('end', () => {
      current = undefined
      wasLost = true
      if (!isEnded) retry()
    })
    try {
      await client.query(`LISTEN ${CHANNEL}`)
    } catch (error) {
      await disconnect(client)
      throw error
    }
    if (wasLost) on('lost')
    return client
  }
  const client = async () => {
    current ??= open()
    const opening = current
    return opening.catch((error: unknown) => {
      if (current === opening) current = undefined
      throw error
    })
  }
  const retry = () => {
    setTimeout(() => {
      if (!isEnded) client().catch(retry)
    }, AGAIN_MS).unref()
  }
  return {
    client,
    async end() {
      isEnded = true
      const last = await current?.catch(() => undefined)
      if (last) await disconnect(last)
    },
  }
}

/** Undefined for what no controller of this version sent. */
function parse(payload = ''): Payload | undefined {
  try {
    return ReceivedPayload.safeParse(JSON.parse(payload)).data
  } catch {
    return undefined
  }
}
