import { command } from '../../base/command.ts'
import type { UpgradeFinding } from '../../protocol/wire/operation.ts'
import { warns } from './finding.ts'

export interface BudgetStatus {
  metadata: { name: string; namespace: string }
  status?: { disruptionsAllowed?: number; expectedPods?: number; currentHealthy?: number; desiredHealthy?: number }
}

/** Budgets that no drain of a node with their pods would get past now. */
export function budgetFindings(budgets: readonly BudgetStatus[]): UpgradeFinding[] {
  const closed = budgets.filter(
    ({ status }) => (status?.expectedPods ?? 0) > 0 && (status?.disruptionsAllowed ?? 0) === 0,
  )
  return closed.map(({ metadata: { name, namespace }, status: { currentHealthy = 0, desiredHealthy = 0 } = {} }) => {
    const message = `disruption budget ${namespace}/${name} allows no pod to move: it has ${currentHealthy} healthy pods and needs ${desiredHealthy}`
    const fix = `make more of its pods healthy, or relax it: ${command`kubectl describe poddisruptionbudget ${name} --namespace ${namespace}`}`
    return warns('upgrade/budget-blocks', message, fix)
  })
}
