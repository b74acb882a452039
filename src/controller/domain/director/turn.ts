import type { Node } from '../records.ts'
import { firstMaster, holdsCluster, isOfControlPlane, lastRun } from '../shape.ts'
import type { Member } from '../situation.ts'

/** Who can let a node in, best first; or why it has to wait. */
export type Turn = { hosts: readonly Node[] } | { waitingFor: string }

/**
 * Workers join side by side, as soon as a master is there; masters one at a time, each when the one before has ended,
 * for etcd takes in one member after another.
 */
export function turnOf(joining: Member, members: readonly Member[]): Turn {
  const others = members.filter(({ node }) => node.id !== joining.node.id)
  const holders = others.filter(holdsCluster)
  const role = lastRun(joining)?.role
  const hosts = role === 'worker' ? [...holders, ...others.filter(isOnItsWay)] : holders
  if (hosts.length === 0) {
    const first = firstMaster(members)
    return { waitingFor: first ? `master ${first.name}` : 'a master' }
  }
  // A repair may restart what a joining master needs.
  const ahead = role === 'master' && others.find((other) => isAhead(other, joining))
  return ahead
    ? { waitingFor: `master ${ahead.node.name} to ${ahead.repair ? 'be repaired' : 'join'} first` }
    : { hosts: hosts.map(({ node }) => node) }
}

/** Not done yet, but its API is up. */
function isOnItsWay(member: Member): boolean {
  return isOfControlPlane(member) && member.run?.state !== 'done' && member.run?.progress.letsIn === true
}

function isAhead(other: Member, joining: Member): boolean {
  const [its, own] = [claimOf(other), claimOf(joining)]
  // Both were let in where one was silent for so long that it was overtaken: only one of them waits for the other.
  return its > own || (its === LET_IN && its === own && other.node.id < joining.node.id)
}

const LET_IN = 2

/**
 * A master that was let in joins before all others; then one that an earlier run has brought so far that etcd may hold
 * it as a learner, beside which it takes in no other. One that is silent for long holds nobody up.
 */
function claimOf({ node, run, repair }: Member): number {
  if (repair?.state === 'open' && node.roles.includes('master')) return node.silent === 'unreachable' ? 0 : LET_IN
  if (run?.role !== 'master' || run.state !== 'open' || node.silent === 'unreachable') return 0
  return run.progress.invited ? LET_IN : run.progress.mayHaveJoined ? 1 : 0
}
