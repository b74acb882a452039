import type { Instruction } from '../../../protocol/wire/instruction.ts'
import type { RestoreOrder } from '../../../protocol/wire/messages/backup.ts'
import { placeOf } from '../place.ts'
import type { Node, Run } from '../records.ts'
import { isMaster, isProvisionedMaster, lastRun } from '../shape.ts'
import type { Member } from '../situation.ts'
import type { Rejoin } from './record.ts'

/** With these a master joins etcd again. The latter two: the survivor is gone, and any other master lets it in. */
const JOINING: readonly Run['role'][] = ['restore-etcd', 'master', 'first-master']

interface Change {
  id: string
  rejoin: Rejoin | null
}

/** What a run changes: the survivor of a recovery leaves masters out, and a master has joined. */
export function rejoinsAfter(run: Run, nodes: readonly Node[], now: Date): Change[] {
  const node = nodes.find(({ id }) => id === run.nodeId)
  if (run.state !== 'done' || !node || !JOINING.includes(run.role)) return []
  const own = node.rejoin === null ? [] : [{ id: node.id, rejoin: null }]
  if (run.role !== 'restore-etcd') return own
  const { restore } = JSON.parse(run.payload) as Extract<Instruction, { role: 'restore-etcd' }>
  if (restore.source !== node.name || restore.backup !== null) return own
  const rejoin = { recovery: restore.id, survivor: restore.source, since: now.toISOString() }
  const isLeftOut = (each: Node) => hasEtcd(each) && !restore.nodes.includes(each.name)
  return [...own, ...nodes.filter(isLeftOut).map(({ id }) => ({ id, rejoin }))]
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
export function rejoinToStart(members: readonly Member[]): string | undefined {
  const isOpen = (member: Member) => lastRun(member)?.state === 'open' && member.node.silent !== 'unreachable'
  if (members.some((member) => isMaster(member) && isOpen(member))) return undefined
  return members.find((member) => mayRejoin(member) && !hasFailed(member))?.node.id
}

function mayRejoin(member: Member): boolean {
  const { rejoin, state, silent, error } = member.node
  return rejoin !== null && isProvisionedMaster(member) && state === 'READY' && silent === 'no' && error === null
}

function hasFailed({ node: { rejoin }, repair }: Member): boolean {
  if (rejoin === null || repair === null || repair.createdAt < rejoin.since) return false
  return repair.role === 'restore-etcd' && !['open', 'done', 'expired'].includes(repair.state)
}
