import type { NodeTask } from '../../../protocol/wire/instruction.ts'
import { placeOf } from '../place.ts'
import type { Cluster, Node, Run } from '../records.ts'
import { firstMaster, isMaster, mastersOf, taskOf } from '../shape.ts'
import type { Member } from '../situation.ts'
import { upgradeActive } from '../upgrade/active.ts'

/** Limits how many workers download the same files at the same time. */
export const WORKERS_AT_ONCE = 100

/** A READY node of which a repair was requested, or whose labels changed. An unreachable node is repaired when it is back. */
export function isRepairable({ node, run, repair }: Member, cluster: Cluster): boolean {
  // Upgrades and changes of settings bring labels too.
  const needsLabels = node.labelsDue && upgradeActive(cluster) === undefined
  const isAsked = (node.attempt < cluster.repairAttempt || needsLabels) && run !== null && repair?.state !== 'open'
  return isAsked && node.state === 'READY' && node.leaving === 'no' && node.silent !== 'unreachable'
}

/** A repair on an unreachable node does not count. */
export function isInRepair({ node, repair }: Member): boolean {
  return repair?.state === 'open' && node.leaving === 'no' && node.silent !== 'unreachable'
}

export function isFailedRepair({ state }: Run): boolean {
  return state !== 'open' && state !== 'done' && state !== 'cancelled'
}

/**
 * The nodes whose repair starts now. Workers are repaired in parallel; masters one at a time, only while no master joins,
 * and no further one after a failed repair: a repair may restart etcd, and the other members must keep the quorum. No
 * node where no master remains: an instruction names the masters.
 */
export function repairsToStart(cluster: Cluster, members: readonly Member[]): string[] {
  const due = members.filter((member) => isRepairable(member, cluster))
  if (due.length === 0 || !members.some(isMaster)) return []
  const workers = due.filter((member) => !isMaster(member))
  const busy = members.filter((member) => !isMaster(member) && member.repair?.state === 'open').length
  const master = isFree(cluster, members) ? nextMaster(cluster, members, due) : undefined
  const begins = workers.slice(0, Math.max(0, WORKERS_AT_ONCE - busy)).map(({ node }) => node.id)
  return master === undefined ? begins : [master.id, ...begins]
}

function isFree(cluster: Cluster, members: readonly Member[]): boolean {
  return members.filter(isMaster).every(({ node, run, repair }) => {
    const isBusy = run?.state === 'open' || repair?.state === 'open'
    const hasFailed =
      repair !== null && isFailedRepair(repair) && node.attempt >= cluster.repairAttempt && !node.labelsDue
    return !isBusy && !hasFailed
  })
}

/** The one whose etcd others have yet to join comes first, then these, then those with problems. */
function nextMaster(cluster: Cluster, members: readonly Member[], due: readonly Member[]): Node | undefined {
  const withProblems = new Set(cluster.problems.map(({ node }) => node))
  const waiting = mastersOf(members).filter(({ id }) => due.some(({ node }) => node.id === id))
  const survivors = new Set(members.map(({ node }) => node.rejoin?.survivor))
  return (
    waiting.find(({ name }) => survivors.has(name)) ??
    waiting.find(({ rejoin }) => rejoin !== null) ??
    waiting.find(({ name }) => withProblems.has(name)) ??
    waiting[0]
  )
}

/** The add-ons are repaired by the master that started the cluster or, if it was removed, by another one. */
export function repairTaskOf(members: readonly Member[]): (member: Pick<Member, 'node' | 'run'>) => NodeTask {
  const founder = members.find((member) => isMaster(member) && placeOf(member)?.task === 'first-master')?.node
  const firstId = (founder ?? firstMaster(members))?.id
  return ({ node }) => taskOf(node, firstId)
}
