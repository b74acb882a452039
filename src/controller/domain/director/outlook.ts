import type { RestoreOrder } from '../../../protocol/wire/messages/backup.ts'
import type { Cluster, Node } from '../records.ts'
import { rejoinOrder, rejoinToStart } from '../rejoin/rejoin.ts'
import { firstMaster, hasLostMasters, isMaster, isProvisionedMaster } from '../shape.ts'
import type { Member, Situation } from '../situation.ts'
import { renewalsToStart } from './renewals.ts'
import { repairsToStart, repairTaskOf, WORKERS_AT_ONCE } from './repairs.ts'

/** Facts about the cluster as a whole that decisions about single nodes depend on. */
export interface Outlook {
  firstMasterId: string | undefined
  isLost: boolean
  /** Ids of the nodes that get their first instruction now. */
  mayStart: ReadonlySet<string>
  /** Ids of the nodes that are repaired now. */
  mayRepair: ReadonlySet<string>
  /** The master that joins etcd again now, after a recovery without it. */
  mayRejoin: string | undefined
  /** What it joins. */
  rejoinOrder(node: Node): RestoreOrder | undefined
  repairTaskOf: ReturnType<typeof repairTaskOf>
  /** Ids of the nodes that renew their certificates now. */
  mayRenew: ReadonlySet<string>
}

export function outlookOf(situation: Situation): Outlook {
  const { cluster, members } = situation
  const predecessorOf = predecessorsOf(situation)
  const startable = members.filter((member) => isStartable(member, cluster) && !predecessorOf(member.node))
  const workers = startable.filter((member) => !isMaster(member))
  const busy = members.filter((member) => !isMaster(member) && member.run?.state === 'open').length
  const isLost = hasLostMasters(members)
  // All masters start at once; workers start if there is a master.
  const begins = [
    ...startable.filter(isMaster),
    ...(members.some(isMaster) ? workers.slice(0, Math.max(0, WORKERS_AT_ONCE - busy)) : []),
  ]
  const repairs = isLost ? [] : repairsToStart(cluster, members)
  const isMasterRepaired = members.some((member) => isMaster(member) && repairs.includes(member.node.id))
  return {
    firstMasterId: firstMaster(members)?.id,
    isLost,
    mayStart: new Set(isLost ? [] : begins.map(({ node }) => node.id)),
    mayRepair: new Set(repairs),
    mayRejoin: isLost || isMasterRepaired ? undefined : rejoinToStart(situation),
    rejoinOrder: (node) => rejoinOrder(node, members),
    repairTaskOf: repairTaskOf(members),
    mayRenew: new Set(isLost ? [] : renewalsToStart(situation)),
  }
}

/**
 * Finds the predecessor of a node: a node with the same name or address that is being removed, or was removed, and is still
 * in the Kubernetes cluster. The node has to wait for its removal, or it would be removed instead. There is none if no
 * master could remove it.
 */
export function predecessorsOf({
  cluster,
  members,
}: Pick<Situation, 'cluster' | 'members'>): (node: Node) => Predecessor | undefined {
  const leaving = members.map(({ node }) => node).filter((node) => node.leaving === 'retire')
  const all: Predecessor[] = members.some(isProvisionedMaster) ? [...leaving, ...cluster.gone] : []
  return ({ name, address }) => all.find((each) => each.name === name || each.address === address)
}

/** `id` is absent once the node was removed. */
type Predecessor = Pick<Node, 'name' | 'address'> & { id?: string }

/** The node takes part in the current attempt and has no instruction of it yet. */
export function isStartable({ node, run }: Member, cluster: Cluster): boolean {
  const isDown = node.state === 'CONFIGURED' || node.state === 'FAILED'
  return isDown && node.attempt !== cluster.attempt && node.leaving === 'no' && run?.state !== 'open'
}
