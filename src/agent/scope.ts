import { fixStepIdOf } from '../engine/checks/fix-workflow.ts'
import { BAKE_STEPS, PREPARE_STEPS } from '../ledger/baked.ts'
import { INSTALL_STEPS } from './install/workflow.ts'

/**
 * What to undo. `kubernetes`: the agent stays. `agent`: Kubernetes stays. `all`: the machine is restored; if it was made from an image
 * with the agent, to the state of the image. `baked`: also what `agent bake` made part of the image.
 */
export type Scope = 'kubernetes' | 'agent' | 'all' | 'baked'

/** Prefix of the step ids under which the ledger records the changes of `precheck --fix`. */
const FIX_STEPS = fixStepIdOf('')

/** Whether the changes of this step can be part of an image: those of other steps make a machine a node. */
export function isOfImage(step: string): boolean {
  return step.startsWith(BAKE_STEPS) || step.startsWith(FIX_STEPS)
}

/** Whether this scope undoes the changes of this step. The changes of `precheck --fix` and of a preparation are undone only with `all` and `baked`. */
export function isIn(scope: Scope, step: string): boolean {
  if (scope === 'baked') return true
  if (step.startsWith(BAKE_STEPS)) return false
  if (scope === 'all') return true
  if (step.startsWith(PREPARE_STEPS)) return false
  return !step.startsWith(FIX_STEPS) && step.startsWith(INSTALL_STEPS) === (scope === 'agent')
}
