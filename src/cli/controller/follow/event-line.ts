import { printable, printableLines } from '../../../base/text/printable.ts'
import type { EngineEvent } from '../../../engine/event.ts'
import type { LogEntry, StateEvent } from '../../../protocol/api/events.ts'
import { eventText } from '../../../report/event-text.ts'
import { localTime } from '../../kit/output.ts'

/** The log line of an event; undefined for progress and debug events. */
export function eventLine(entry: LogEntry): string | undefined {
  const { event } = entry
  // The cast is safe: the two types differ only in fields that are `undefined` here and absent there.
  const isState = event.kind === 'node-state' || event.kind === 'cluster-state'
  const line = isState
    ? { level: event.error ? 'error' : 'info', text: stateText(event) }
    : eventText(event as EngineEvent)
  if (!line || line.level === 'debug') return undefined
  const subject = entry.node ? entry.node.name || entry.node.id : `cluster ${entry.cluster}`
  const mark = line.level === 'error' ? '[-] ' : line.level === 'warn' ? '[!] ' : ''
  return `${localTime(entry.at)}  ${printable(subject)}  ${mark}${printableLines(line.text)}`
}

function stateText({ state, since, error }: StateEvent): string {
  const known = since === undefined ? state : `${state} since ${localTime(since)}`
  return error ? `${known}: ${error.message} (${error.code}); fix: ${error.fix}` : known
}
