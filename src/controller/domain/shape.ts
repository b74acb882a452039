import type { NodeTask } from '../../protocol/wire/instruction.ts'
import { placeOf } from './place.ts'
import type { Cluster, Node, Run } from './records.ts'
import type { Member } from './situation.ts'

/** Whether parts of Kubernetes may be on the machine. */
export function mayHaveKubernetes(node: Node): boolean {
  return ['PROVISIONING', 'READY', 'FAILED'].includes(node.state)
}

/** Whether the node belongs to the current attempt: it is not being removed, and was not configured after the attempt began. */
export function takesPart({ state, roles, leaving, attempt }: Node, cluster: Cluster): boolean {
  const isAsked = state !== 'CONFIGURED' || attempt !== cluster.attempt
  return roles.length > 0 && leaving === 'no' && isAsked
}

/** The last run, including repairs. */
export const lastRun = ({ run, repair }: Member): Run | null => repair ?? run

/** Whether a run is open. A cancelled run of an unreachable node does not count. */
export function isBusy(member: Member): boolean {
  const { node } = member
  const run = lastRun(member)
  return run?.state === 'open' && !(run.cancel && node.silent === 'unreachable')
}

/** A node that is being removed no longer counts as a master. */
export const isMaster = ({ node }: Member) => node.roles.includes('master') && node.leaving === 'no'

/** The masters, in the order in which they were configured. */
export function mastersOf(members: readonly Member[]): Node[] {
  const masters = members.filter(isMaster).map(({ node }) => node)
  return masters.sort((a, b) => (`${a.configuredAt} ${a.id}` < `${b.configuredAt} ${b.id}` ? -1 : 1))
}

/** Whether it has an instruction to start or to join the control plane. */
export function isOfControlPlane(member: Member): boolean {
  const task = placeOf(member)?.task
  return isMaster(member) && mayHaveKubernetes(member.node) && task !== undefined && task !== 'worker'
}

/** A master whose provisioning is done: the cluster runs on it. */
export function isProvisionedMaster(member: Member): boolean {
  return isOfControlPlane(member) && placeOf(member)?.reached === 'done'
}

/** Whether it has joined, or may have joined, a cluster that another master started. */
export function hasJoined(member: Pick<Member, 'node' | 'run'>): boolean {
  const place = placeOf(member)
  return place !== undefined && place.task !== 'first-master' && place.reached !== 'told'
}

/** Whether nodes have joined a cluster that has no master any more. They would not become part of a new one. */
export function hasLostMasters(members: readonly Member[]): boolean {
  const masters = members.filter((member) => isProvisionedMaster(member) || hasBegun(member))
  const joined = members.filter((member) => mayHaveKubernetes(member.node) && hasJoined(member))
  return joined.some((member) => !masters.some((master) => isOfSameCluster(master, member)))
}

/** Not where the master's machine was reset after that run, so that the master starts another cluster. */
function isOfSameCluster(master: Member, { node, run: joined }: Member): boolean {
  const run = lastRun(master)
  if (run?.progress.startsAnotherCluster !== true || node.id === master.node.id) return true
  return joined !== null && joined.createdAt > run.createdAt
}

/** Whether it has an instruction to start the cluster. */
export function hasBegun(member: Member): boolean {
  return placeOf(member)?.task === 'first-master' && mayHaveKubernetes(member.node)
}

/**
 * Whether its run has started the cluster, or it is a master of it: only such a node needs a certificate for the operator. Also a
 * master that is being removed, until it is gone.
 */
export function mayRunOperator(member: Member): boolean {
  const { node } = member
  const place = placeOf(member)
  if (!node.roles.includes('master') || !mayHaveKubernetes(node)) return false
  return place?.task === 'first-master' || (place?.task === 'master' && place.reached === 'done')
}

/**
 * The first master: one that has begun to start the cluster, even if others have already joined it, else a provisioned one, else one
 * that was reset since it began, else the one configured first. Only the one that has begun applies the objects of the cluster.
 */
export function firstMaster(members: readonly Member[]): Node | undefined {
  const order = (member: Member) => {
    const { node } = member
    const begun = lastRun(member)?.progress.startsAnotherCluster === true ? 2 : 0
    const rank = isProvisionedMaster(member) ? 1 : hasBegun(member) ? begun : 3
    return `${rank} ${node.configuredAt ?? '~'} ${node.id}`
  }
  return members.filter(isMaster).sort((a, b) => (order(a) < order(b) ? -1 : 1))[0]?.node
}

/** The provisioning task of a node with roles. */
export function taskFor(node: Node, members: readonly Member[]): NodeTask {
  return taskOf(node, firstMaster(members)?.id)
}

export function taskOf(node: Node, firstMasterId: string | undefined): NodeTask {
  if (!node.roles.includes('master')) return 'worker'
  return firstMasterId === node.id ? 'first-master' : 'master'
}
