import type { Node } from '../store/records.ts'
import { firstMaster, holdsCluster, isOfControlPlane } from './shape.ts'
import type { Member } from './situation.ts'

/** Who can let a node in, best first; or why it has to wait. */
export type Turn = { hosts: readonly Node[] } | { waitingFor: string }

/**
 * Workers join side by side, as soon as a master is there; masters one at a time, each when the one before has ended,
 * for etcd takes in one member after another.
 */
export function turnOf(guest: Member, members: readonly Member[]): Turn {
  const others = members.filter(({ node }) => node.id !== guest.node.id)
  const holders = others.filter(holdsCluster)
  const hosts = guest.run?.role === 'worker' ? [...holders, ...others.filter(isOnItsWay)] : holders
  if (hosts.length === 0) {
    const first = firstMaster(members)
    return { waitingFor: first ? `master ${first.name}` : 'a master' }
  }
  const ahead = guest.run?.role === 'master' && others.find(isJoining)
  return ahead ? { waitingFor: `master ${ahead.node.name} to join first` } : { hosts: hosts.map(({ node }) => node) }
}

/** Not done yet, but its API is up. */
function isOnItsWay(member: Member): boolean {
  return isOfControlPlane(member) && member.run?.state !== 'done' && member.run?.progress.letsIn === true
}

/** One that is silent for long holds nobody up. */
function isJoining({ node, run }: Member): boolean {
  const isInvited = run?.role === 'master' && run.state === 'open' && run.progress.invited === true
  return isInvited && node.silent !== 'unreachable'
}
