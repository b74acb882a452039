import type { Instruction } from '../../../protocol/wire/instruction.ts'
import type { RestoreOrder } from '../../../protocol/wire/messages/backup.ts'
import { placeOf } from '../place.ts'
import type { Node, Run } from '../records.ts'
import { isMaster, isProvisionedMaster, lastRun } from '../shape.ts'
import type { Member, Situation } from '../situation.ts'

/** With these a master joins etcd again. The latter two: the survivor is gone, and any other master lets it in. */
const JOINING: readonly Run['role'][] = ['restore-etcd', 'master', 'first-master']

interface Change {
  id: string
  to: Pick<Node, 'rejoin'> & Partial<Pick<Node, 'error'>>
}

/**
 * What a change of a run changes: as soon as the data of one master is replaced, every other has yet to join it, whatever comes of the
 * run; and a master has joined. An error from before does not count any more.
 */
export function rejoinsAfter(before: Run, after: Run, nodes: readonly Node[], now: Date): Change[] {
  const node = nodes.find(({ id }) => id === after.nodeId)
  if (!node) return []
  if (after.progress.replacedData && !before.progress.replacedData) {
    const { restore } = JSON.parse(after.payload) as Extract<Instruction, { role: 'restore-etcd' }>
    const rejoin = { recovery: restore.id, survivor: restore.source, since: now.toISOString() }
    const others = nodes.filter((each) => each.id !== node.id && hasEtcd(each))
    return [{ id: node.id, to: { rejoin: null } }, ...others.map(({ id }) => ({ id, to: { rejoin, error: null } }))]
  }
  const hasJoined = after.state === 'done' && before.state !== 'done' && JOINING.includes(after.role)
  return hasJoined && node.rejoin !== null ? [{ id: node.id, to: { rejoin: null } }] : []
}

function hasEtcd(node: Node): boolean {
  const place = placeOf({ node, run: null })
  return node.roles.includes('master') && place?.reached === 'done' && place.task !== 'worker'
}

/** The order for a master that joins after the others; undefined if it has to join as a further master does. */
export function rejoinOrder(
  { name, rejoin }: Pick<Node, 'name' | 'rejoin'>,
  members: readonly Member[],
): RestoreOrder | undefined {
  if (rejoin === null) return undefined
  const { recovery: id, survivor: source } = rejoin
  const isThere = members.some((member) => isProvisionedMaster(member) && member.node.name === source)
  return isThere ? { id, source, backup: null, nodes: [source, name] } : undefined
}

/**
 * The master that joins again now: one at a time, when it is back, and while no run is open on another master. After a
 * failure it waits for the next repair.
 */
export function rejoinToStart({ members, now }: Pick<Situation, 'members' | 'now'>): string | undefined {
  const isOpen = (member: Member) => lastRun(member)?.state === 'open' && member.node.silent !== 'unreachable'
  if (members.some((member) => isMaster(member) && isOpen(member))) return undefined
  return members.find((member) => mayRejoin(member, now) && !hasFailed(member))?.node.id
}

function mayRejoin(member: Member, now: Date): boolean {
  const { rejoin, state, silent, error } = member.node
  if (rejoin === null || !isProvisionedMaster(member) || state !== 'READY' || error !== null) return false
  // A master whose power was cut is not silent for long enough yet: its order would stay open until it is back.
  const isBack = now.getTime() - member.silentMs >= Date.parse(rejoin.since)
  return silent === 'no' && isBack
}

function hasFailed(member: Member): boolean {
  const { repair } = member
  if (repair === null || isSuperseded(member)) return false
  return repair.role === 'restore-etcd' && !['open', 'done'].includes(repair.state)
}

/** Whether it does not matter any more what came of the last repair: the data was replaced since, or the master joins when it is back. */
export function isSuperseded({ node: { rejoin }, repair }: Member): boolean {
  if (rejoin === null || repair === null) return false
  const isEarlier = (repair.endedAt ?? repair.createdAt) < rejoin.since
  return isEarlier || (repair.role === 'restore-etcd' && repair.state === 'expired')
}
