import type { SettingChange } from '../../../protocol/settings/change.ts'
import type { Cluster } from '../records.ts'
import { isMaster } from '../shape.ts'
import type { Member } from '../situation.ts'
import type { Upgrade } from '../upgrade/record.ts'
import { unfinishedIn, versionOn } from '../upgrade/upgrade.ts'

interface Order {
  changes: readonly SettingChange[]
  maxUnavailable: string
  now: Date
}

/** Whether the node has to be told of a change. */
export function concerns({ change, isSent }: SettingChange, isMasterNode: boolean): boolean {
  if (!isSent) return false
  return change.class === 'control-plane' ? isMasterNode : change.class === 'live' || change.class === 'rolling'
}

/**
 * The change of settings of a running cluster, as an upgrade that keeps the versions of its nodes; null if no node has to be told. Nodes
 * that a cancelled change has not reached are due as well. @param members those of the cluster
 */
export function rolloutOf(cluster: Cluster, members: readonly Member[], order: Order): Upgrade | null {
  const { changes, maxUnavailable, now } = order
  const sent = changes.filter(({ isSent }) => isSent)
  const unfinished = unfinishedIn(cluster.upgrade)
  // Nodes that a later upgrade did not have to change are not told apart: all are due.
  const before = cluster.upgrade?.settings && cluster.upgrade
  const isBehind = (id: string) =>
    unfinished !== undefined && (!before || before.nodes.some((node) => node.id === id && node.phase !== 'done'))
  const nodes = members.map((member): Upgrade['nodes'][number] => {
    const { id, name } = member.node
    const isDue = isBehind(id) || sent.some((change) => concerns(change, isMaster(member)))
    return {
      ...{ id, name, version: versionOn(cluster, member.node), phase: isDue ? 'waiting' : 'done' },
      ...{ isCordoned: false, deadline: null, waitingFor: null },
    }
  })
  const isOfAddOns =
    sent.some(({ change }) => change.class === 'add-on') || (unfinished !== undefined && before?.addOns !== 'done')
  if (!isOfAddOns && nodes.every(({ phase }) => phase === 'done')) return null
  const version = cluster.settings.kubernetesVersion
  const names = new Set([...(unfinished ?? []), ...sent.map(({ name }) => name)])
  return {
    ...{ from: version, rounds: [version], round: 0, state: 'running', settings: [...names] },
    // What an upgrade may break is not changed: nothing is checked, and nothing is drained.
    ...{ isChecked: true, drain: { seconds: 0, onBlocked: 'wait' } },
    ...{ maxUnavailable, addOns: isOfAddOns ? 'due' : 'done', etcd: null, nodes },
    ...{ waitingFor: null, error: null, beganAt: now.toISOString(), endedAt: null },
  }
}
