/**
 * Carries out a workflow: its components in parallel, as far as `after` permits, and the steps of each in order. A step that
 * is done is skipped. Otherwise the ledger gets `started`, the step is applied through the recording host and verified,
 * and the ledger gets `done`. After a crash there is `started` without `done`, and the step is checked and run again.
 */
import { reportOf } from '../base/agent-error.ts'
import type { RecordChange } from '../host/change.ts'
import type { Host, HostView } from '../host/host.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { orderComponents } from './component-order.ts'
import type { Emit, Outcome } from './event.ts'
import { Halt } from './halt.ts'
import { runStep } from './run-step.ts'
import type { Step, Workflow } from './step.ts'

export interface RunWorkflowOptions<P> {
  workflow: Workflow<P>
  params: P
  /** Id of the run in the ledger. A run with the same id is resumed. */
  run: string
  view: HostView
  /** The host through which steps make changes; it awaits `record` before each change. */
  hostFor(record: RecordChange): Host
  ledger: Ledger
  emit: Emit
  /** Gets what ended the run, which the events have only as text. */
  onFailure?(error: unknown): void
  /** Ends the run at the next safe point: it is passed to running steps, which are awaited. */
  signal: AbortSignal
}

/** Errors of steps are reported as events, and are not thrown. An invalid workflow is a bug, and throws. */
export async function runWorkflow<P>(options: RunWorkflowOptions<P>): Promise<Outcome> {
  const { workflow, params, run, view, ledger, emit } = options
  const plan = orderComponents(workflow.components).map((component) => ({
    id: component.id,
    after: component.after,
    steps: component.steps(params),
  }))
  const beganAt = view.now()
  const at = () => view.now().toISOString()
  const steps = plan.flatMap((component) => component.steps.map(({ id, title }) => ({ id, title })))
  emit({ kind: 'run-started', at: at(), role: workflow.id, steps })

  const halt = new Halt(options.signal)
  await halt.guard(() => ledger.append({ kind: 'run-begun', run, role: workflow.id, at: at() }))
  const finished = new Map<string, Promise<boolean>>()
  for (const component of plan) {
    const before = component.after.map((id) => finished.get(id) ?? true)
    finished.set(component.id, runComponent(component.steps, before))
  }
  const allDone = (await Promise.all(finished.values())).every(Boolean)

  const ended = () => halt.failure?.outcome ?? (allDone ? 'done' : 'cancelled')
  await halt.guard(() => ledger.append({ kind: 'ended', run, outcome: ended(), at: at() }))
  if (halt.failure) options.onFailure?.(halt.failure.error)
  const ms = view.now().getTime() - beganAt.getTime()
  const error = halt.failure && { error: reportOf(halt.failure.error) }
  emit({ kind: 'run-ended', at: at(), outcome: ended(), ms, ...error })
  return ended()

  async function runComponent(own: Step<P>[], before: (boolean | Promise<boolean>)[]): Promise<boolean> {
    if (!(await Promise.all(before)).every(Boolean)) return false
    for (const step of own) {
      if (halt.signal.aborted) return false
      if (!(await halt.guard(() => runStep(step, { ...options, halt })))) return false
    }
    return true
  }
}
