import { fixStepIdOf } from '../engine/checks/fix-workflow.ts'
import { INSTALL_STEPS } from './install/workflow.ts'

/** What to undo. `kubernetes`: the agent stays. `agent`: Kubernetes stays. `all`: the machine is restored. */
export type Scope = 'kubernetes' | 'agent' | 'all'

/** Prefix of the step ids under which the ledger records the changes of `precheck --fix`. */
const FIX_STEPS = fixStepIdOf('')

/** Whether this scope undoes the changes of this step. The changes of `precheck --fix` are undone only with `all`. */
export function isIn(scope: Scope, step: string): boolean {
  if (scope === 'all') return true
  return !step.startsWith(FIX_STEPS) && step.startsWith(INSTALL_STEPS) === (scope === 'agent')
}
