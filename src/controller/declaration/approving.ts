import { type Declaration, rulesIn } from '../../protocol/declaration/declaration.ts'
import type { Cluster } from '../domain/records.ts'
import { settingsFor } from './problems.ts'
import { isSame } from './same.ts'

/**
 * Whether a declaration could let the controller approve nodes that it does not approve now. With automatic approval in one rule, every
 * other rule decides for which nodes that one remains.
 */
export function isApprovingMore(
  declaration: Declaration,
  known: Pick<Cluster, 'settings' | 'rules'> | undefined,
): boolean {
  if (settingsFor(declaration, known?.settings).autoApprove && !known?.settings.autoApprove) return true
  const rules = rulesIn(declaration.spec)
  const isAutomatic = rules?.nodes.some(({ approve }) => approve === 'automatically') ?? false
  return isAutomatic && !isSame(rules?.nodes, known?.rules?.nodes)
}
