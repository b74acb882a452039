import type { UpgradeView } from '../../protocol/api/clusters/upgrades.ts'
import type { Cluster } from '../domain/records.ts'
import type { Upgrade } from '../domain/upgrade/record.ts'
import { versionIn } from '../domain/upgrade/upgrade.ts'

export const upgradeViewOf = ({ upgrade }: Pick<Cluster, 'upgrade'>): UpgradeView | null =>
  upgrade === null ? null : viewOf(upgrade)

function viewOf(upgrade: Upgrade): UpgradeView {
  const { from, rounds, state, nodes, waitingFor, error, beganAt, endedAt } = upgrade
  const to = rounds.at(-1) ?? ''
  return {
    ...{ from, to, settings: upgrade.settings ?? null, rounds, version: versionIn(upgrade), state },
    done: nodes.filter(({ version, phase }) => (upgrade.settings ? phase === 'done' : version === to)).length,
    of: nodes.length,
    waitingFor,
    nodes: nodes.map(({ name, version, phase, waitingFor: its }) => ({ name, version, phase, waitingFor: its })),
    ...{ error, beganAt, endedAt },
  }
}
