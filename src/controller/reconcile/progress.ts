import type { RunEvent } from '../../protocol/wire/event.ts'
import { isMarked } from '../../protocol/wire/step-mark.ts'
import type { RunProgress } from '../domain/records.ts'
import type { LiveProgress } from '../ports.ts'

/** The progress of a run after one more event. Pure; returns the same object for an event without progress. */
export function advance(progress: RunProgress, event: RunEvent): RunProgress {
  switch (event.kind) {
    case 'run-started': {
      // The machine may have lost its data since. The step tells again.
      const { hasVote: _, ...rest } = progress
      return { ...rest, of: event.steps.length, done: 0, current: {}, awaitsAdmission: false }
    }
    case 'step-started':
      return {
        ...progress,
        current: { ...progress.current, [event.step]: event.title },
        ...(isMarked(event, 'awaits-admission') && { awaitsAdmission: true }),
      }
    case 'step-done':
    case 'step-skipped': {
      const { [event.step]: _, ...current } = progress.current
      const letsIn = isMarked(event, 'admits-nodes') ? ({ letsIn: true } as const) : {}
      const hasVote = isMarked(event, 'has-vote') ? ({ hasVote: true } as const) : {}
      const replaced = isMarked(event, 'replaces-data') ? ({ replacedData: true } as const) : {}
      const waits = isMarked(event, 'awaits-admission') ? { awaitsAdmission: false } : {}
      const done = Math.min(progress.of, progress.done + 1)
      return { ...progress, ...letsIn, ...hasVote, ...replaced, ...waits, done, current }
    }
    case 'run-ended':
      return { ...progress, current: {}, awaitsAdmission: false }
    default:
      return progress
  }
}

/** The titles of the running steps, with the percentage of a step that reports it; null if no step is running. */
export function currentStep(progress: RunProgress, live?: LiveProgress): string | null {
  const titles = Object.entries(progress.current).map(([step, title]) =>
    live && live.step === step && live.of > 0 ? `${title} (${Math.floor((100 * live.done) / live.of)} %)` : title,
  )
  return titles.length === 0 ? null : titles.join(', ')
}
