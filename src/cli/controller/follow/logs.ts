import { eventRoutes, type LogEntry } from '../../../protocol/api/events.ts'
import type { AdminClient } from '../session/client.ts'
import { print } from '../session/session.ts'
import { eventLine } from './event-line.ts'
import { followEvents, passOn } from './follow-events.ts'

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
  if (!flags.follow) return
  await passOn(followEvents(client, eventRoutes.listEvents, { ...query, after: last }), (entry) => {
    const line = lineOf(entry, flags.output)
    if (line !== undefined) print(`${line}\n`)
  })
}

function lineOf(entry: LogEntry, format: LineFormat): string | undefined {
  return format === 'json' ? JSON.stringify(entry) : eventLine(entry)
}
