import type * as z from 'zod/mini'
import { errorMessage } from '../../../base/text/error-message.ts'
import { printableLines } from '../../../base/text/printable.ts'
import { isUnavailable } from '../../../controller-client/ask.ts'
import type { StreamQuery, StreamRoute } from '../../../controller-client/event-stream.ts'
import { eventRoutes } from '../../../protocol/api/events.ts'
import { readerLeft } from '../../kit/standard-streams.ts'
import type { AdminClient } from '../session/client.ts'

/** How long the controller may be away. */
const AWAY_MS = 120_000
/** Between two connections, also when the controller accepts each and ends it at once. */
const PAUSE_MS = 1_000
/** A burst of events is one batch. */
const BURST_MS = 100
const MOST_IN_BATCH = 500

type Stream = Pick<AdminClient, 'events'>

export interface FollowOptions {
  /** Gets a line when the connection is interrupted, and when it is back. */
  note?: (line: string) => void
  pauseMs?: number
  awayMs?: number
}

export interface Followed<T> {
  /** Resolves with the next values, or with none after `withinMs`. Rejects with what the controller refuses, if it is away for too long, or once closed. */
  next(withinMs?: number): Promise<T[]>
  /** Ends the connection. Must be called. */
  close(): void
}

const onStderr = (line: string) => process.stderr.write(`${line}\n`)

/**
 * Follows the values after a number by server-sent events. After an interruption it connects again and resumes after the last one, so
 * that none is missed or repeated. No more are read than are asked for.
 */
export function followEvents<const R extends StreamRoute>(
  client: Stream,
  route: R,
  query: StreamQuery<R>,
  options: FollowOptions = {},
): Followed<z.output<R['streams']>> {
  type Value = z.output<R['streams']>
  const abort = new AbortController()
  const values = connectAgain(client, route, query, options, abort.signal)
  let pending: Promise<IteratorResult<Value, void>> | undefined
  const within = async (ms: number): Promise<Value | undefined> => {
    pending ??= values.next()
    // It can reject when nobody waits; the next call gets it.
    pending.catch(() => undefined)
    const timer = AbortSignal.timeout(Math.min(ms, MOST_MS))
    const late = new Promise<undefined>((resolve) => timer.addEventListener('abort', () => resolve(undefined)))
    const found = await Promise.race([pending, late])
    if (found) pending = undefined
    if (found?.done) throw new Error('the events are closed')
    return found?.value
  }
  return {
    async next(withinMs = Number.POSITIVE_INFINITY) {
      const found: Value[] = []
      for (let value = await within(withinMs); value !== undefined; value = await within(BURST_MS)) {
        found.push(value)
        if (found.length >= MOST_IN_BATCH) break
      }
      return found
    },
    close: () => abort.abort(),
  }
}

/** The longest time of a timer. */
const MOST_MS = 2 ** 31 - 1

async function* connectAgain<const R extends StreamRoute>(
  client: Stream,
  route: R,
  query: StreamQuery<R>,
  { note = onStderr, pauseMs = PAUSE_MS, awayMs = AWAY_MS }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<z.output<R['streams']>, void> {
  let last = query.after
  let lostMs: number | undefined
  const onOpen = () => {
    if (lostMs !== undefined) note('[+] Connected again: the events continue where they were interrupted')
    lostMs = undefined
  }
  while (!signal.aborted) {
    let why = 'the controller ended the connection'
    try {
      for await (const { id, value } of client.events(route, { ...query, after: last }, { onOpen, signal })) {
        last = id
        yield value
      }
    } catch (error) {
      if (signal.aborted) return
      const isLate = lostMs !== undefined && performance.now() - lostMs >= awayMs
      if (!isUnavailable(error) || isLate) throw error
      why = errorMessage(error)
    }
    if (lostMs === undefined)
      note(printableLines(`[!] Interrupted: ${why}; connecting again for up to ${awayMs / 1_000} s`))
    lostMs ??= performance.now()
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** Ends the connection with the work, or when nobody reads standard output. */
export async function whileRead(followed: Pick<Followed<unknown>, 'close'>, work: Promise<unknown>): Promise<void> {
  try {
    await Promise.race([work, readerLeft(process)])
  } finally {
    followed.close()
  }
}

/** Passes each value on as it comes, until nobody reads standard output. */
export function passOn<T>(followed: Followed<T>, use: (value: T) => void): Promise<void> {
  const endless = async () => {
    for (;;) for (const value of await followed.next()) use(value)
  }
  return whileRead(followed, endless())
}

/** The number of the newest event. */
export async function lastEvent(client: Pick<AdminClient, 'ask'>): Promise<number> {
  const { last } = await client.ask(eventRoutes.listEvents, { query: { tail: '1' } })
  return last
}
