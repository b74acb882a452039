import type { Situation } from '../situation.ts'
import type { Upgrade } from './record.ts'
import { versionOn } from './upgrade.ts'

/** Of workers, because a run of this kind interrupts no pod. */
const AT_ONCE = '20%'

/** Begins a change of all nodes that are part of the cluster, in the order of an upgrade, which keeps their versions and drains none. */
export function changeAll({ cluster, members, now }: Situation, settings: string[]): Upgrade {
  const nodes = members.map(({ node }) => node).filter(({ state, leaving }) => state === 'READY' && leaving === 'no')
  const { kubernetesVersion } = cluster.settings
  return {
    ...{ settings, from: kubernetesVersion, rounds: [kubernetesVersion], round: 0, state: 'running', isChecked: true },
    ...{ addOns: 'due', etcd: null, maxUnavailable: AT_ONCE, drain: { seconds: 0, onBlocked: 'wait' } },
    nodes: nodes.map((node) => ({
      ...{ id: node.id, name: node.name, version: versionOn(cluster, node) },
      ...({ phase: 'waiting', isCordoned: false, deadline: null, waitingFor: null } as const),
    })),
    ...{ waitingFor: null, error: null, beganAt: now.toISOString(), endedAt: null },
  }
}
