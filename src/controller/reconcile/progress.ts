import type { RunEvent } from '../../protocol/wire/event.ts'
import type { LiveProgress } from '../core.ts'
import type { RunProgress } from '../domain/records.ts'

/** After this step of the first master a cluster has what a node reads when it joins. */
const LETS_IN = 'cluster-config/bind-rights'

/** Where a run stands after one more of its events. Pure; an event that says nothing about it leaves it as it is. */
export function advance(progress: RunProgress, event: RunEvent): RunProgress {
  switch (event.kind) {
    case 'run-started':
      return { ...progress, of: event.steps.length, done: 0, current: {} }
    case 'step-started':
      return { ...progress, current: { ...progress.current, [event.step]: event.title } }
    case 'step-done':
    case 'step-skipped': {
      const { [event.step]: _, ...current } = progress.current
      const letsIn = event.step === LETS_IN ? ({ letsIn: true } as const) : {}
      return { ...progress, ...letsIn, done: Math.min(progress.of, progress.done + 1), current }
    }
    case 'run-ended':
      return { ...progress, current: {} }
    default:
      return progress
  }
}

/** What goes on now, in words, with the share of a step that tells how far it has come; null when nothing. */
export function currentStep(progress: RunProgress, live?: LiveProgress): string | null {
  const titles = Object.entries(progress.current).map(([step, title]) =>
    live && live.step === step && live.of > 0 ? `${title} (${Math.floor((100 * live.done) / live.of)} %)` : title,
  )
  return titles.length === 0 ? null : titles.join(', ')
}
