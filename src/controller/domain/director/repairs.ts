import type { NodeTask } from '../../../protocol/wire/instruction.ts'
import type { Cluster, Node, Run } from '../records.ts'
import { firstMaster, isMaster, mastersOf, taskOf } from '../shape.ts'
import type { Member } from '../situation.ts'

/** Workers fetch the same files all at once: so many at a time. */
export const WORKERS_AT_ONCE = 100

/** READY, asked to be repaired, and there to be told so. One that is away is told when it is back. */
export function isRepairable({ node, run, repair }: Member, cluster: Cluster): boolean {
  const isAsked = node.attempt < cluster.repairAttempt && run !== null && repair?.state !== 'open'
  return isAsked && node.state === 'READY' && node.leaving === 'no' && node.silent !== 'unreachable'
}

/** One whose node is away says nothing of how things go on. */
export function isInRepair({ node, repair }: Member): boolean {
  return repair?.state === 'open' && node.leaving === 'no' && node.silent !== 'unreachable'
}

export function isFailedRepair({ state }: Run): boolean {
  return state !== 'open' && state !== 'done' && state !== 'cancelled'
}

/**
 * Which nodes are told to repair themselves now. Workers side by side. Masters one at a time, while none joins, and no
 * further one after a repair that failed: a repair may restart etcd, and the others have to hold the majority.
 */
export function repairsToStart(cluster: Cluster, members: readonly Member[]): string[] {
  const due = members.filter((member) => isRepairable(member, cluster))
  if (due.length === 0) return []
  const workers = due.filter((member) => !isMaster(member))
  const busy = members.filter((member) => !isMaster(member) && member.repair?.state === 'open').length
  const master = isFree(cluster, members) ? nextMaster(cluster, members, due) : undefined
  const begins = workers.slice(0, Math.max(0, WORKERS_AT_ONCE - busy)).map(({ node }) => node.id)
  return master === undefined ? begins : [master.id, ...begins]
}

function isFree(cluster: Cluster, members: readonly Member[]): boolean {
  return members.filter(isMaster).every(({ node, run, repair }) => {
    const isBusy = run?.state === 'open' || repair?.state === 'open'
    const hasFailed = repair !== null && isFailedRepair(repair) && node.attempt >= cluster.repairAttempt
    return !isBusy && !hasFailed
  })
}

/** Those that something is wrong with come first. */
function nextMaster(cluster: Cluster, members: readonly Member[], due: readonly Member[]): Node | undefined {
  const ill = new Set(cluster.problems.map(({ node }) => node))
  const waiting = mastersOf(members).filter(({ id }) => due.some(({ node }) => node.id === id))
  return waiting.find(({ name }) => ill.has(name)) ?? waiting[0]
}

/** The add-ons are looked after by the master that has started the cluster; once that is gone, by another one. */
export function repairRoleOf(members: readonly Member[]): (member: Pick<Member, 'node' | 'run'>) => NodeTask {
  const founder = members.find((member) => isMaster(member) && member.run?.role === 'first-master')?.node
  const firstId = (founder ?? firstMaster(members))?.id
  return ({ node }) => taskOf(node, firstId)
}
