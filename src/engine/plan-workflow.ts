import { errorMessage } from '../base/text/error-message.ts'
import type { Change } from '../host/change.ts'
import type { Planning } from '../host/planning.ts'
import { orderComponents } from './component-order.ts'
import type { Workflow } from './step.ts'

export interface PlannedStep {
  id: string
  title: string
  changes: Change[]
  /** Why further changes are only known after earlier steps have run. */
  unknown?: string
}

/** The changes that a run of the workflow would make, found by running its steps on a planning host. Omits steps that are done. */
export async function planWorkflow<P>(
  workflow: Workflow<P>,
  params: P,
  { host, changes }: Planning,
  signal: AbortSignal,
): Promise<PlannedStep[]> {
  const planned: PlannedStep[] = []
  const context = { signal, progress() {}, log() {} }
  for (const component of orderComponents(workflow.components)) {
    for (const step of component.steps(params)) {
      const from = changes.length
      let unknown: string | undefined
      try {
        if (await step.isDone(host, params)) continue
        await step.apply(host, params, context)
      } catch (error) {
        signal.throwIfAborted()
        unknown = errorMessage(error)
      }
      const { id, title } = step
      planned.push({ id, title, changes: changes.slice(from), ...(unknown !== undefined && { unknown }) })
    }
  }
  return planned
}
