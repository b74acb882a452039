import { type Declaration, rulesIn } from '../../protocol/declaration/declaration.ts'
import { isSame } from '../../protocol/settings/change.ts'
import type { Cluster } from '../domain/records.ts'
import { settingsFor } from './problems.ts'

/**
 * Whether a declaration could let the controller approve nodes that it does not approve now. With automatic approval in one rule, every
 * other rule decides for which nodes that one remains. In another project, somebody else may approve.
 */
export function isApprovingMore(
  declaration: Declaration,
  known: Pick<Cluster, 'project' | 'settings' | 'rules'> | undefined,
): boolean {
  const isMoved = known !== undefined && (declaration.metadata.project ?? known.project) !== known.project
  if (settingsFor(declaration, known?.settings).autoApprove && (isMoved || !known?.settings.autoApprove)) return true
  const rules = rulesIn(declaration.spec)
  const isAutomatic = rules?.nodes.some(({ approve }) => approve === 'automatically') ?? false
  return isAutomatic && (isMoved || !isSame(rules?.nodes, known?.rules?.nodes))
}

/** Whether a declaration changes the overrides of a cluster, which decide what runs as root on nodes that were approved without them. */
export function isOverriding(declaration: Declaration, { settings }: Pick<Cluster, 'settings'>): boolean {
  return !isSame(settingsFor(declaration, settings).overrides, settings.overrides)
}
