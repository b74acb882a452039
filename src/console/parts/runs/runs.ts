import type { LogEntry } from '../../../protocol/api/events.ts'

type RunError = { code: string; message: string; fix: string }

export interface RunStep {
  id: string
  title: string
  state: 'pending' | 'running' | 'done' | 'skipped' | 'failed'
  startedAt?: string
  ms?: number
  /** Why it was skipped. */
  because?: string
  error?: RunError
}

/** A run as its events tell it. */
export interface RunRecord {
  id: string
  node: { id: string; name: string } | null
  role: string
  startedAt: string
  /** Null: it has not ended. */
  endedAt: string | null
  outcome: 'running' | 'done' | 'failed' | 'indeterminate' | 'cancelled'
  steps: readonly RunStep[]
  error?: RunError
}

/** The runs of these events, the last one first. A run whose beginning is not among them is told as far as it is. */
export function runsOf(entries: readonly LogEntry[]): RunRecord[] {
  const runs = new Map<string, RunRecord>()
  for (const entry of entries) {
    const { run, node, event } = entry
    if (run === null || event.kind === 'node-state' || event.kind === 'cluster-state' || event.kind === 'image-state')
      continue
    const before: RunRecord = runs.get(run) ?? {
      ...{ id: run, node, role: '', startedAt: entry.at, endedAt: null, outcome: 'running', steps: [] },
    }
    runs.set(run, after(before, event))
  }
  return [...runs.values()].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
}

function after(run: RunRecord, event: LogEntry['event']): RunRecord {
  switch (event.kind) {
    case 'run-started': {
      const known = new Map(run.steps.map((each) => [each.id, each]))
      const steps = event.steps.map((each): RunStep => known.get(each.id) ?? { ...each, state: 'pending' })
      // A run that was interrupted begins again, and keeps what it has done.
      return { ...run, role: event.role, steps, endedAt: null, outcome: 'running' }
    }
    case 'step-started':
      return withStep(run, event.step, { title: event.title, state: 'running', startedAt: event.at })
    case 'step-skipped':
      return withStep(run, event.step, { state: 'skipped', because: event.because })
    case 'step-done':
      return withStep(run, event.step, { state: 'done', ms: event.ms })
    case 'step-failed':
      return withStep(run, event.step, { state: 'failed', error: event.error })
    case 'run-ended':
      return { ...run, endedAt: event.at, outcome: event.outcome, ...(event.error && { error: event.error }) }
    default:
      return run
  }
}

function withStep(run: RunRecord, id: string, change: Partial<RunStep>): RunRecord {
  const known = run.steps.find((each) => each.id === id)
  const next: RunStep = { id, title: id, state: 'pending', ...known, ...change }
  // What was done before stays so when the run looks again.
  if (known?.state === 'done' && next.state === 'skipped') return run
  const steps = known ? run.steps.map((each) => (each.id === id ? next : each)) : [...run.steps, next]
  return { ...run, steps }
}
