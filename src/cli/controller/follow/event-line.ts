import { printable, printableLines } from '../../../base/text/printable.ts'
import type { EngineEvent } from '../../../engine/event.ts'
import type { LogEntry, StateEvent } from '../../../protocol/api/events.ts'
import { eventText } from '../../../report/event-text.ts'

/** One line of log for what happened; undefined for what is only of interest while it lasts. */
export function eventLine(entry: LogEntry): string | undefined {
  const { event } = entry
  // The wire form says `undefined` where the engine's says nothing; they are the same otherwise.
  const isState = event.kind === 'node-state' || event.kind === 'cluster-state'
  const said = isState
    ? { level: event.error ? 'error' : 'info', text: stateText(event) }
    : eventText(event as EngineEvent)
  if (!said || said.level === 'debug') return undefined
  const time = entry.at.slice(0, 19).replace('T', ' ')
  const about = entry.node ? entry.node.name || entry.node.id : `cluster ${entry.cluster}`
  const mark = said.level === 'error' ? '[-] ' : said.level === 'warn' ? '[!] ' : ''
  return `${time}  ${printable(about)}  ${mark}${printableLines(said.text)}`
}

function stateText({ state, error }: StateEvent): string {
  return error ? `${state}: ${error.message} (${error.code}); fix: ${error.fix}` : state
}
