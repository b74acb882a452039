import type { Change } from '../host/change.ts'
import type { Planning } from '../host/planning.ts'
import { orderComponents } from './component-order.ts'
import type { Role } from './step.ts'

export interface PlannedStep {
  id: string
  title: string
  changes: Change[]
  /** Why more than these changes can't be told before the steps that come earlier have really run. */
  unknown?: string
}

/** What a run of the role would change, by the same steps that would change it. Steps that are done are left out. */
export async function planRole<P>(
  role: Role<P>,
  params: P,
  { host, changes }: Planning,
  signal: AbortSignal,
): Promise<PlannedStep[]> {
  const planned: PlannedStep[] = []
  const context = { signal, progress() {}, log() {} }
  for (const component of orderComponents(role.components)) {
    for (const step of component.steps(params)) {
      const from = changes.length
      let unknown: string | undefined
      try {
        if (await step.isDone(host, params)) continue
        await step.apply(host, params, context)
      } catch (error) {
        signal.throwIfAborted()
        unknown = error instanceof Error ? error.message : String(error)
      }
      const { id, title } = step
      planned.push({ id, title, changes: changes.slice(from), ...(unknown !== undefined && { unknown }) })
    }
  }
  return planned
}
