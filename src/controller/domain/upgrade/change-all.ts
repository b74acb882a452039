import type { Cluster, Node } from '../records.ts'
import type { Situation } from '../situation.ts'
import type { Upgrade, UpgradedNode } from './record.ts'
import { versionOn } from './upgrade.ts'

/** Of workers, because a run of this kind interrupts no pod. */
const AT_ONCE = '20%'

/** Begins a change of all nodes that are part of the cluster, in the order of an upgrade, which keeps their versions and drains none. */
export function changeAll({ cluster, members, now }: Situation, settings: string[]): Upgrade {
  const nodes = members.map(({ node }) => node).filter(({ state, leaving }) => state === 'READY' && leaving === 'no')
  const inChange = nodes.map((node) => nodeInChange(cluster, node))
  return changeOf(cluster, { settings, maxUnavailable: AT_ONCE, addOns: 'due', nodes: inChange, now })
}

type Order = Pick<Upgrade, 'settings' | 'maxUnavailable' | 'addOns' | 'nodes'> & { now: Date }

/** An upgrade that keeps the versions. What an upgrade may break is not changed: nothing is checked, and no node is drained. */
export function changeOf({ settings: { kubernetesVersion } }: Cluster, { now, ...order }: Order): Upgrade {
  return {
    ...order,
    ...{ from: kubernetesVersion, rounds: [kubernetesVersion], round: 0, state: 'running', isChecked: true },
    ...{ drain: { seconds: 0, onBlocked: 'wait' }, etcd: null },
    ...{ waitingFor: null, error: null, beganAt: now.toISOString(), endedAt: null },
  }
}

/** A node of an upgrade that begins. */
export function nodeInChange(
  cluster: Cluster,
  node: Pick<Node, 'id' | 'name'>,
  phase: UpgradedNode['phase'] = 'waiting',
): UpgradedNode {
  const { id, name } = node
  return { id, name, version: versionOn(cluster, node), phase, isCordoned: false, deadline: null, waitingFor: null }
}
