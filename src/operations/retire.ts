import { AgentError } from '../base/agent-error.ts'
import { ETCD_DATA } from '../base/kubernetes-paths.ts'
import type { Machine } from '../host/machine.ts'
import type { Operation, Target } from '../protocol/wire/operation.ts'
import {
  type EtcdMember,
  isHealthy,
  type Membership,
  peerUrlOf,
  readMembership,
  removeMember,
} from '../provision/etcd/etcd-members.ts'
import { SNAPSHOT_MS, snapshotCommand } from '../provision/etcd/save-snapshot.ts'
import { notYet, type Outcome } from './answer.ts'
import { ask, NO_API } from './ask.ts'
import { changeNode } from './drain/cordon.ts'
import { drain, waitText } from './drain/drain.ts'

const HERE = '127.0.0.1'
const SNAPSHOT = `${ETCD_DATA}/before-removal.db`

/**
 * Removes a node from the cluster. Can be repeated at any point: what is done already is skipped. Fails only without a quorum
 * of the remaining etcd members, before etcd is changed; every other obstacle is reported as "not yet".
 */
export async function retire(machine: Machine, { target }: Operation & { operation: 'retire' }): Promise<Outcome> {
  try {
    return await removeFromCluster(machine, target)
  } catch (error) {
    if (!(error instanceof AgentError) || error.code === 'etcd/quorum') throw error
    return notYet(`a master that can remove it: ${error.message.slice(0, 1_000)}`)
  }
}

async function removeFromCluster(machine: Machine, target: Target): Promise<Outcome> {
  const found = target.role === 'master' ? await needMembership(machine) : undefined
  const member = found?.members.find((each) => isOf(target, each))
  if (found && member) await needQuorum(machine, found, member)
  const drained = await drainedNode(machine, target.name)
  if (drained !== true) return drained
  if (found && member) {
    await saveSnapshot(machine)
    await removeOnce(machine, found.through, member.id)
  }
  const deleted = await ask(machine, 'DELETE', `/api/v1/nodes/${target.name}`)
  return deleted ? { outcome: 'done' } : notYet(NO_API)
}

/** True also if the cluster has no such Node any more. */
async function drainedNode(machine: Machine, name: string): Promise<true | Outcome> {
  const cordoned = await changeNode(machine, name, 'cordon-for-now')
  if (cordoned === 'gone') return true
  const drained = cordoned && (await drain(machine, name, { onBlocked: 'wait', unmanaged: 'evict' }))
  if (!drained) return notYet(NO_API)
  return drained.isDone || notYet(waitText(name, drained))
}

/** Compares the name as well: another node can have the address by now. */
function isOf({ name, address }: Target, member: EtcdMember): boolean {
  return member.peerUrl === peerUrlOf(address) && (member.name === name || member.name === '')
}

/** Succeeds also if another operation for the same node removed the member first. */
async function removeOnce(machine: Machine, through: string, id: string): Promise<void> {
  try {
    await removeMember(machine, through, id)
  } catch (error) {
    const now = await readMembership(machine, [through])
    if (now === undefined || now.members.some((member) => member.id === id)) throw error
  }
}

async function needMembership(machine: Machine): Promise<Membership> {
  const found = await readMembership(machine, [HERE])
  if (found) return found
  throw new AgentError('etcd/no-answer', 'etcd on this master does not answer', {
    fix: 'check etcd on the master: systemctl status etcd',
  })
}

/** The remaining members must have a quorum without the leaving one. */
async function needQuorum(machine: Machine, { members }: Membership, leaving: EtcdMember): Promise<void> {
  if (leaving.isLearner) return
  const staying = members.filter(({ id, isLearner }) => id !== leaving.id && !isLearner)
  const healthy = await Promise.all(staying.map((member) => isHealthy(machine, member)))
  const count = healthy.filter(Boolean).length
  if (count * 2 > staying.length) return
  const names = staying.filter((_, index) => !healthy[index]).map(({ name }) => name)
  const message = `only ${count} of the ${staying.length} remaining etcd members are healthy (not: ${names.join(', ')}); without ${leaving.name} they have no quorum`
  throw new AgentError('etcd/quorum', message, { fix: `first make etcd on ${names.join(' or ')} healthy` })
}

/** Kept beside etcd's data until the next snapshot. */
async function saveSnapshot(machine: Machine): Promise<void> {
  await machine.execute(snapshotCommand(machine.layout, HERE, SNAPSHOT), {
    env: { HOME: '/nonexistent' },
    timeoutMs: SNAPSHOT_MS,
  })
}
