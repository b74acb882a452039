import type { LogEntry } from '../../../protocol/api/events.ts'
import { duration, oneLine } from '../values/formats.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** An event in one line, without its time and its node. */
export const entryText = ({ event }: LogEntry): string => oneLine(textOf(event))

function textOf(event: LogEntry['event']): string {
  switch (event.kind) {
    case 'run-started':
      return `begins: ${event.role}, ${event.steps.length} steps`
    case 'step-started':
      return event.title
    case 'step-progress':
      return `${event.step}: ${event.done} of ${event.of} ${event.unit}`
    case 'step-skipped':
      return `${event.step}: ${event.because}`
    case 'step-done':
      return `${event.step}: done in ${duration(event.ms)}`
    case 'step-failed':
      return `${event.step}: ${event.error.message}. Fix: ${event.error.fix}`
    case 'log':
      return event.message
    case 'run-ended':
      return `ends: ${event.outcome} after ${duration(event.ms)}${event.error ? `: ${event.error.message}` : ''}`
    case 'image-state':
      return `image ${event.image} is ${event.state}${event.error ? `: ${event.error.message}` : ''}`
    default:
      return `is ${event.state}${event.error ? `: ${event.error.message}` : ''}`
  }
}

export function levelOf({ event }: LogEntry): Level {
  if (event.kind === 'log') return event.level
  if (event.kind === 'step-failed' || ('error' in event && event.error !== undefined)) return 'error'
  return event.kind === 'step-progress' ? 'debug' : 'info'
}

/** As a line of a file. */
export const entryLine = (entry: LogEntry): string =>
  [entry.at, entry.node?.name ?? entry.cluster, levelOf(entry), entryText(entry)].join(' ')
