import type { NodeTask } from '../../protocol/wire/instruction.ts'
import type { Cluster, Node, Run } from './records.ts'
import type { Member } from './situation.ts'

/** Something of Kubernetes may be on the machine. */
export function wasTouched(node: Node): boolean {
  return ['PROVISIONING', 'READY', 'FAILED'].includes(node.state)
}

/** The cluster, as it was asked for last, is made of those: not of one that was configured after that, or that leaves. */
export function takesPart({ state, roles, leaving, attempt }: Node, cluster: Cluster): boolean {
  const isAsked = state !== 'CONFIGURED' || attempt !== cluster.attempt
  return roles.length > 0 && leaving === 'no' && isAsked
}

/** What it was told last, a repair or not. */
export const lastRun = ({ run, repair }: Member): Run | null => repair ?? run

/** Something goes on on it. A run that was asked to stop is not waited for where the node is silent for long. */
export function isAtWork(member: Member): boolean {
  const { node } = member
  const run = lastRun(member)
  return run?.state === 'open' && !(run.cancel && node.silent === 'unreachable')
}

/** One that leaves is none any more. */
export const isMaster = ({ node }: Member) => node.roles.includes('master') && node.leaving === 'no'

/** In the order in which they were configured. */
export function mastersOf(members: readonly Member[]): Node[] {
  const masters = members.filter(isMaster).map(({ node }) => node)
  return masters.sort((a, b) => (`${a.configuredAt} ${a.id}` < `${b.configuredAt} ${b.id}` ? -1 : 1))
}

/** It was told to be part of the control plane: to start it, or to join it. */
export function isOfControlPlane(member: Member): boolean {
  const { node, run } = member
  return isMaster(member) && wasTouched(node) && (run?.role === 'first-master' || run?.role === 'master')
}

/** The cluster lives on it. */
export function holdsCluster(member: Member): boolean {
  return isOfControlPlane(member) && member.run?.state === 'done'
}

/** It belongs to a cluster that another master has started, or may do so. */
export function hasJoined({ role, state, progress }: Run): boolean {
  if (role !== 'master' && role !== 'worker') return false
  return state === 'done' || progress.invited === true || progress.mayHaveJoined === true
}

/** Nodes have joined a cluster whose masters are all gone: whoever started another one would not have them. */
export function isLost(members: readonly Member[]): boolean {
  const isThere = members.some((member) => holdsCluster(member) || hasBegun(member))
  return !isThere && members.some(({ node, run }) => wasTouched(node) && run !== null && hasJoined(run))
}

/** It was told to start the cluster. */
export function hasBegun({ node, run }: Member): boolean {
  return run?.role === 'first-master' && wasTouched(node)
}

/** The master that starts the cluster: one that has it, else one that has begun to, else the one configured first. */
export function firstMaster(members: readonly Member[]): Node | undefined {
  const rank = (member: Member) => {
    const { node } = member
    return `${holdsCluster(member) ? 0 : hasBegun(member) ? 1 : 2} ${node.configuredAt ?? '~'} ${node.id}`
  }
  return members.filter(isMaster).sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0]?.node
}

/** What a node with roles is told to become. */
export function roleOf(node: Node, members: readonly Member[]): NodeTask {
  return taskOf(node, firstMaster(members)?.id)
}

export function taskOf(node: Node, firstMasterId: string | undefined): NodeTask {
  if (!node.roles.includes('master')) return 'worker'
  return firstMasterId === node.id ? 'first-master' : 'master'
}
