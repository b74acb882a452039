import type { SettingChange } from '../../../protocol/settings/change.ts'
import type { Cluster } from '../records.ts'
import { isMaster } from '../shape.ts'
import type { Member } from '../situation.ts'
import { changeOf, nodeInChange } from '../upgrade/change-all.ts'
import type { Upgrade } from '../upgrade/record.ts'
import { unfinishedIn } from '../upgrade/upgrade.ts'

interface Order {
  changes: readonly SettingChange[]
  maxUnavailable: string
  now: Date
}

/** Whether the node has to be told of a change. */
function concerns({ change, isSent, only }: SettingChange, member: Member): boolean {
  if (!isSent || (only && !only.includes(member.node.name))) return false
  return change.class === 'control-plane' ? isMaster(member) : change.class === 'live' || change.class === 'rolling'
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
  const nodes = members.map((member) => {
    const isDue = isBehind(member.node.id) || sent.some((change) => concerns(change, member))
    return nodeInChange(cluster, member.node, isDue ? 'waiting' : 'done')
  })
  const isOfAddOns =
    sent.some(({ change }) => change.class === 'add-on') || (unfinished !== undefined && before?.addOns !== 'done')
  if (!isOfAddOns && nodes.every(({ phase }) => phase === 'done')) return null
  const settings = [...new Set([...(unfinished ?? []), ...sent.map(({ name }) => name)])]
  return changeOf(cluster, { settings, maxUnavailable, addOns: isOfAddOns ? 'due' : 'done', nodes, now })
}
