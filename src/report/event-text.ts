import { seconds } from '../base/text/seconds.ts'
import type { EngineEvent } from '../engine/event.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'

/** The log line for an event; undefined for progress, which is not logged. */
export function eventText(event: EngineEvent): { level: Level; text: string } | undefined {
  switch (event.kind) {
    case 'run-started':
      return { level: 'info', text: `${event.role}: ${event.steps.length} steps` }
    case 'step-started':
      return { level: 'info', text: `${event.step}: ${event.title}` }
    case 'step-progress':
      return undefined
    case 'step-skipped':
      return { level: 'info', text: `${event.step}: skipped, ${event.because}` }
    case 'step-done':
      return { level: 'info', text: `${event.step}: done in ${seconds(event.ms)}` }
    case 'step-failed':
      return {
        level: 'error',
        text: `${event.step}: ${event.error.message} (${event.error.code}); fix: ${event.error.fix}`,
      }
    case 'log':
      return { level: event.level, text: event.message }
    case 'run-ended':
      return {
        level: event.outcome === 'done' ? 'info' : 'error',
        text: `${event.outcome} after ${seconds(event.ms)}${event.error ? `: ${event.error.message} (${event.error.code})` : ''}`,
      }
  }
}
