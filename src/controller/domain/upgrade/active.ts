import type { ErrorReport } from '../../../base/agent-error.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { Cluster } from '../records.ts'
import { isActive, nameOf } from './upgrade.ts'

/** Why nothing else may begin that changes the nodes of the cluster; undefined if it is not being upgraded. */
export function upgradeActive({ name, upgrade }: Pick<Cluster, 'name' | 'upgrade'>): ErrorReport | undefined {
  if (!isActive(upgrade)) return undefined
  return {
    code: 'upgrade/active',
    message: upgrade.settings
      ? `cluster ${name} is being changed: ${nameOf(upgrade)} is ${upgrade.state}`
      : `cluster ${name} is being upgraded to ${upgrade.rounds.at(-1)}: the upgrade is ${upgrade.state}`,
    ...remedy`wait until it has ended, or: ${{ do: 'cluster.upgrade', cluster: name, with: 'cancel' }}`,
  }
}
