import { printable } from '../../../../base/text/printable.ts'
import type { UpgradePlan, UpgradeView } from '../../../../protocol/api/clusters/upgrades.ts'

/** `to v1.37.2: running, 2 of 4 nodes, waiting for m3 to be Ready` */
export function upgradeText({ to, settings, state, done, of, waitingFor, error }: UpgradeView): string {
  const wait = state === 'running' && waitingFor !== null ? `, waiting for ${printable(waitingFor)}` : ''
  const why = error === null ? '' : `: ${printable(error.message)}; fix: ${printable(error.fix)}`
  const what = settings === null ? `to ${to}` : printable(settings.join(', '))
  return `${what}: ${state}, ${done} of ${of} nodes${wait}${why}`
}

/** Whether the upgrade would be refused, or stop before its first node. */
export const isPrevented = ({ problems, findings }: Pick<UpgradePlan, 'problems' | 'findings'>): boolean =>
  problems.length > 0 || (findings ?? []).some(({ level }) => level === 'blocks')
