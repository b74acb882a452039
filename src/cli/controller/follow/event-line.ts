import { printable, printableLines } from '../../../base/text/printable.ts'
import type { EngineEvent } from '../../../engine/event.ts'
import type { LogEntry, StateEvent } from '../../../protocol/api/events.ts'
import { eventText } from '../../../report/event-text.ts'
import { localTime } from '../../kit/output.ts'

/** The log line of an event; undefined for progress and debug events. */
export function eventLine(entry: LogEntry): string | undefined {
  const { event } = entry
  // The cast is safe: the two types differ only in fields that are `undefined` here and absent there.
  const line = isState(event)
    ? { level: event.error ? 'error' : 'info', text: stateText(event) }
    : eventText(event as EngineEvent)
  if (!line || line.level === 'debug') return undefined
  const subject = entry.node ? entry.node.name || entry.node.id : `cluster ${entry.cluster}`
  const mark = line.level === 'error' ? '[-] ' : line.level === 'warn' ? '[!] ' : ''
  return `${localTime(entry.at)}  ${printable(subject)}  ${mark}${printableLines(line.text)}`
}

const isState = (event: LogEntry['event']): event is StateEvent =>
  event.kind === 'node-state' || event.kind === 'cluster-state' || event.kind === 'image-state'

function stateText(event: StateEvent): string {
  const { error } = event
  const known = event.kind === 'image-state' ? `image ${event.image}: ${event.state}` : stateOf(event)
  return error ? `${known}: ${error.message} (${error.code}); fix: ${error.fix}` : known
}

function stateOf({ state, since }: Exclude<StateEvent, { kind: 'image-state' }>): string {
  return since === undefined ? state : `${state} since ${localTime(since)}`
}
