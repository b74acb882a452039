import { AgentError, reportOf } from '../base/agent-error.ts'
import { poll, type RetryPolicy } from '../base/retry.ts'
import type { RecordChange } from '../host/change.ts'
import type { Host, HostView } from '../host/host.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Emit } from './event.ts'
import type { Halt } from './halt.ts'
import type { Step, StepContext } from './step.ts'

export interface RunStepOptions<P> {
  params: P
  run: string
  view: HostView
  hostFor(record: RecordChange): Host
  ledger: Ledger
  emit: Emit
  halt: Halt
}

const PROGRESS_EVERY_MS = 200
const VERIFY_POLICY: RetryPolicy = { firstMs: 500, tries: 20 }

/** Runs one step, with its events. Emits an error of the step before it throws it. */
export async function runStep<P>(step: Step<P>, options: RunStepOptions<P>): Promise<void> {
  const { params, run, view, ledger, emit, halt } = options
  const at = () => view.now().toISOString()
  const marks = step.marks === undefined ? {} : { marks: step.marks }
  try {
    if (await step.isDone(view, params)) {
      emit({ kind: 'step-skipped', at: at(), step: step.id, because: 'already done', ...marks })
      return
    }
    const startedAt = view.now()
    ledger.note({ kind: 'started', run, step: step.id })
    emit({ kind: 'step-started', at: at(), step: step.id, title: step.title, ...marks })
    const host = options.hostFor(async ({ kind, what, undo }) => {
      await ledger.append({ kind: 'change', run, step: step.id, change: kind, what, undo })
    })
    await step.apply(host, params, contextOf(step, options))
    if (!(await tookEffect(step, options))) throw notDone(step)
    ledger.note({ kind: 'done', run, step: step.id })
    emit({ kind: 'step-done', at: at(), step: step.id, ms: view.now().getTime() - startedAt.getTime(), ...marks })
  } catch (error) {
    if (halt.isCausedByStop(error)) emit({ kind: 'log', at: at(), level: 'info', message: `stopped in ${step.id}` })
    else emit({ kind: 'step-failed', at: at(), step: step.id, error: reportOf(error) })
    if (!(error instanceof AgentError) && error instanceof Error && !halt.isCausedByStop(error)) {
      emit({ kind: 'log', at: at(), level: 'error', message: error.stack ?? error.message })
    }
    throw error
  }
}

/** Retries `isDone`, because a server that has just started may not answer yet. */
async function tookEffect<P>(step: Step<P>, { params, view, halt }: RunStepOptions<P>): Promise<boolean> {
  const look = async () => (await step.isDone(view, params)) || undefined
  return (await poll(VERIFY_POLICY, look, { clock: view, signal: halt.signal })) ?? false
}

function contextOf<P>(step: Step<P>, { view, emit, halt }: RunStepOptions<P>): StepContext {
  let reportedAtMs = Number.NEGATIVE_INFINITY
  return {
    signal: halt.signal,
    progress(done, of, unit) {
      const now = view.now()
      if (done < of && now.getTime() - reportedAtMs < PROGRESS_EVERY_MS) return
      reportedAtMs = now.getTime()
      emit({ kind: 'step-progress', at: now.toISOString(), step: step.id, done, of, unit })
    },
    log: (message) => emit({ kind: 'log', at: view.now().toISOString(), level: 'info', message }),
  }
}

function notDone(step: { id: string; title: string }): AgentError {
  return new AgentError('step/not-done', `"${step.title}" (${step.id}) ended without an error, but had no effect`, {
    fix: 'check the log (agent logs), then run the same command again',
  })
}
