import { eventRoutes, type LogEntry } from '../../../protocol/api/events.ts'
import { readerLeft } from '../../kit/standard-streams.ts'
import type { AdminClient } from '../session/client.ts'
import { retryUnreachable } from '../session/retry-unreachable.ts'
import { print } from '../session/session.ts'
import { eventLine } from './event-line.ts'

export const LINE_FORMATS = ['text', 'json'] as const
type LineFormat = (typeof LINE_FORMATS)[number]
export const LINES = 'output format; json: one line for each event'

export interface LogsFlags {
  admin?: string
  output: LineFormat
  follow?: boolean
  lines?: number
  run?: string
}

const WAIT_MS = 25_000

/** Prints the events so far, and with `follow` new ones as they arrive. JSON output has one object per line. */
export async function printLogs(
  client: AdminClient,
  filter: { cluster?: string; node?: string },
  flags: LogsFlags,
): Promise<void> {
  const query = { ...filter, run: flags.run }
  const past: LogEntry[] = []
  let last = 0
  for (;;) {
    const answer = await client.ask(eventRoutes.listEvents, { query: { ...query, after: last } })
    if (answer.events.length === 0) break
    past.push(...answer.events)
    last = answer.last
  }
  const lines = past.flatMap((entry) => lineOf(entry, flags.output) ?? [])
  for (const line of lines.slice(flags.lines === undefined ? 0 : -flags.lines)) print(`${line}\n`)
  if (flags.follow) await Promise.race([follow(client, query, last, flags.output), readerLeft(process)])
}

async function follow(
  client: AdminClient,
  query: Record<string, string | undefined>,
  after: number,
  format: LineFormat,
): Promise<never> {
  let last = after
  for (;;) {
    const asked = { query: { ...query, after: last, waitMs: WAIT_MS } }
    const answer = await retryUnreachable(() => client.ask(eventRoutes.listEvents, asked, { waitMs: WAIT_MS }))
    last = answer.last
    for (const entry of answer.events) {
      const line = lineOf(entry, format)
      if (line !== undefined) print(`${line}\n`)
    }
  }
}

function lineOf(entry: LogEntry, format: LineFormat): string | undefined {
  return format === 'json' ? JSON.stringify(entry) : eventLine(entry)
}
