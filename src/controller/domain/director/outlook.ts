import type { Cluster, Node } from '../records.ts'
import { firstMaster, holdsCluster, isLost, isMaster } from '../shape.ts'
import type { Member, Situation } from '../situation.ts'
import { repairRoleOf, repairsToStart, WORKERS_AT_ONCE } from './repairs.ts'

/** What decisions about single nodes rest on, of the cluster as a whole. */
export interface Outlook {
  firstMasterId: string | undefined
  isLost: boolean
  /** Ids of those that can be told to begin. */
  mayStart: ReadonlySet<string>
  /** Ids of those that can be told to repair themselves. */
  mayRepair: ReadonlySet<string>
  repairRoleOf: ReturnType<typeof repairRoleOf>
}

export function outlookOf(situation: Situation): Outlook {
  const { cluster, members } = situation
  const formerOf = formersOf(situation)
  const startable = members.filter((member) => isStartable(member, cluster) && !formerOf(member.node))
  const workers = startable.filter((member) => !isMaster(member))
  const busy = members.filter((member) => !isMaster(member) && member.run?.state === 'open').length
  const isWithout = isLost(members)
  // Masters begin all at once; workers where there is a master.
  const begins = [
    ...startable.filter(isMaster),
    ...(members.some(isMaster) ? workers.slice(0, Math.max(0, WORKERS_AT_ONCE - busy)) : []),
  ]
  return {
    firstMasterId: firstMaster(members)?.id,
    isLost: isWithout,
    mayStart: new Set(isWithout ? [] : begins.map(({ node }) => node.id)),
    mayRepair: new Set(isWithout ? [] : repairsToStart(cluster, members)),
    repairRoleOf: repairRoleOf(members),
  }
}

/**
 * Tells who leaves the cluster, or has gone from it, under the name or the address of a node that is to begin: it begins
 * after that, or it would be taken out instead. Nobody is waited for where no master could take anybody out.
 */
export function formersOf({
  cluster,
  members,
}: Pick<Situation, 'cluster' | 'members'>): (node: Node) => Former | undefined {
  const leaving = members.map(({ node }) => node).filter((node) => node.leaving === 'retire')
  const formers: Former[] = members.some(holdsCluster) ? [...leaving, ...cluster.gone] : []
  return ({ name, address }) => formers.find((former) => former.name === name || former.address === address)
}

/** `id`: while it is a node still. */
type Former = Pick<Node, 'name' | 'address'> & { id?: string }

/** It was asked for, and waits to be told. */
export function isStartable({ node, run }: Member, cluster: Cluster): boolean {
  const isDown = node.state === 'CONFIGURED' || node.state === 'FAILED'
  return isDown && node.attempt !== cluster.attempt && node.leaving === 'no' && run?.state !== 'open'
}
