import type { Node } from '../records.ts'
import { firstMaster, isOfControlPlane, isProvisionedMaster, lastRun } from '../shape.ts'
import type { Member } from '../situation.ts'

/** The masters that can invite a node, best first; or what the node has to wait for. */
export type Turn = { masters: readonly Node[] } | { waitingFor: string }

/**
 * Nodes join as soon as the API of one master is up. Workers join in parallel. Masters join etcd one at a time, because it adds one member
 * at a time; what follows on each of them runs in parallel.
 */
export function turnOf(joining: Member, members: readonly Member[]): Turn {
  const others = members.filter(({ node }) => node.id !== joining.node.id)
  const provisioned = others.filter(isProvisionedMaster)
  const role = lastRun(joining)?.role
  const masters = [
    ...provisioned,
    ...others.filter((other) => isApiUp(other) && (role === 'worker' || isAtWork(other))),
  ]
  if (masters.length === 0) {
    const first = firstMaster(members)
    return { waitingFor: first ? `master ${first.name}` : 'a master' }
  }
  // A repair may restart the etcd that a joining master needs.
  const ahead = role === 'master' && others.find((other) => isAhead(other, joining))
  return ahead
    ? { waitingFor: `master ${ahead.node.name} to ${ahead.repair ? 'be repaired' : 'join'} first` }
    : { masters: masters.map(({ node }) => node) }
}

/** A master that is not done yet, but whose API server is up. */
function isApiUp(member: Member): boolean {
  return isOfControlPlane(member) && !isProvisionedMaster(member) && member.run?.progress.letsIn === true
}

/** The etcd of a master that has failed may not run, and a master that joins needs it. */
const isAtWork = ({ run }: Member): boolean => run?.state === 'open'

function isAhead(other: Member, joining: Member): boolean {
  const [its, own] = [priorityOf(other), priorityOf(joining)]
  // Two masters are invited if one was unreachable when the other got its turn. The order of ids decides which one waits.
  return its > own || (its === INVITED && its === own && other.node.id < joining.node.id)
}

const INVITED = 2

/**
 * A master that is already invited joins first. Then comes one that etcd may already hold as a learner from an earlier run:
 * etcd accepts no other learner meanwhile. One that is unreachable or has a vote has no priority.
 */
function priorityOf({ node, run, repair }: Member): number {
  if (repair?.state === 'open' && node.roles.includes('master')) return node.silent === 'unreachable' ? 0 : INVITED
  if (run?.role !== 'master' || run.state !== 'open' || node.silent === 'unreachable' || run.progress.hasVote) return 0
  return run.progress.invited ? INVITED : run.progress.mayHaveJoined ? 1 : 0
}
