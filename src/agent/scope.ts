import { INSTALL_STEPS } from './install/role.ts'

/** `kubernetes`: the agent stays. `agent`: Kubernetes stays. `all`: the machine as it was. */
export type Scope = 'kubernetes' | 'agent' | 'all'

/** What `precheck --fix` did stands in the ledger under steps of this name. */
const MEND_STEPS = 'mend/'

/** Is a change of this step taken back with the rest? What made the machine fit belongs to it until the end. */
export function isIn(scope: Scope, step: string): boolean {
  if (scope === 'all') return true
  return !step.startsWith(MEND_STEPS) && step.startsWith(INSTALL_STEPS) === (scope === 'agent')
}
