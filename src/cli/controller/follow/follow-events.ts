import { errorMessage } from '../../../base/text/error-message.ts'
import { printableLines } from '../../../base/text/printable.ts'
import { isUnavailable } from '../../../controller-client/ask.ts'
import type { EventFilter } from '../../../controller-client/event-stream.ts'
import { eventRoutes, type LogEntry } from '../../../protocol/api/events.ts'
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

export interface Followed {
  /** Resolves with the next events, or with none after `withinMs`. Rejects with what the controller refuses, if it is away for too long, or once closed. */
  next(withinMs?: number): Promise<LogEntry[]>
  /** Ends the connection. Must be called. */
  close(): void
}

const onStderr = (line: string) => process.stderr.write(`${line}\n`)

/**
 * Follows the events after a number by server-sent events. After an interruption it connects again and resumes after the last event, so
 * that none is missed or repeated. No more events are read than are asked for.
 */
export function followEvents(
  client: Stream,
  filter: EventFilter & { after: number },
  options: FollowOptions = {},
): Followed {
  const abort = new AbortController()
  const entries = connectAgain(client, filter, options, abort.signal)
  let pending: Promise<IteratorResult<LogEntry, void>> | undefined
  const within = async (ms: number) => {
    pending ??= entries.next()
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
      const found: LogEntry[] = []
      for (let entry = await within(withinMs); entry; entry = await within(BURST_MS)) {
        found.push(entry)
        if (found.length >= MOST_IN_BATCH) break
      }
      return found
    },
    close: () => abort.abort(),
  }
}

/** The longest time of a timer. */
const MOST_MS = 2 ** 31 - 1

async function* connectAgain(
  client: Stream,
  { after, ...filter }: EventFilter & { after: number },
  { note = onStderr, pauseMs = PAUSE_MS, awayMs = AWAY_MS }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<LogEntry, void> {
  let last = after
  let lostMs: number | undefined
  const onOpen = () => {
    if (lostMs !== undefined) note('[+] Connected again: the events continue where they were interrupted')
    lostMs = undefined
  }
  while (!signal.aborted) {
    let why = 'the controller ended the connection'
    try {
      for await (const entry of client.events({ ...filter, after: last }, { onOpen, signal })) {
        last = entry.seq
        yield entry
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

/** The number of the newest event. */
export async function lastEvent(client: Pick<AdminClient, 'ask'>): Promise<number> {
  const { last } = await client.ask(eventRoutes.listEvents, { query: { tail: '1' } })
  return last
}
