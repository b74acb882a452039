import { AgentError } from '../base/agent-error.ts'
import { BINARIES, ETCD_DATA } from '../base/kubernetes-paths.ts'
import { API_PORT } from '../base/net/api-port.ts'
import type { Argv } from '../host/argv.ts'
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
import { ETCD_PKI, SUPER_ADMIN_CONF } from '../provision/paths.ts'
import { notYet, type Outcome } from './answer.ts'

const HERE = '127.0.0.1'
/** Less than the time limit of an operation; the controller requests again what takes longer. */
const DRAIN_SECONDS = 20
/** A kubelet that does not run does not confirm the end of its pods. */
const GONE_SECONDS = 30
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
  if (await isRegistered(machine, target.name)) {
    const drained = await kubectl(machine, [
      ...['drain', target.name, '--ignore-daemonsets', '--delete-emptydir-data', '--force'],
      ...[`--timeout=${DRAIN_SECONDS}s`, `--skip-wait-for-delete-timeout=${GONE_SECONDS}`],
    ])
    if (drained.exitCode !== 0)
      return notYet(`pods of ${target.name} to move to other nodes: ${lastLine(drained.stderr)}`)
  }
  if (found && member) {
    await saveSnapshot(machine)
    await removeOnce(machine, found.through, member.id)
  }
  await machine.execute(kubectlArgv(['delete', 'node', target.name, '--ignore-not-found', '--wait=false']), OPTIONS)
  return { outcome: 'done' }
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
  const tls = [`--cacert=${ETCD_PKI}/ca.crt`, `--cert=${ETCD_PKI}/server.crt`, `--key=${ETCD_PKI}/server.key`]
  const save: Argv = [`${BINARIES}/etcdctl`, '--endpoints=https://127.0.0.1:2379', ...tls, 'snapshot', 'save', SNAPSHOT]
  await machine.execute(save, OPTIONS)
}

async function isRegistered(machine: Machine, name: string): Promise<boolean> {
  const { stdout } = await machine.execute(
    kubectlArgv(['get', 'node', name, '--ignore-not-found', '-o', 'name']),
    OPTIONS,
  )
  return stdout.trim() !== ''
}

const OPTIONS = { env: { HOME: '/nonexistent' }, timeoutMs: 60_000 }

const kubectl = (machine: Machine, args: readonly string[]) => machine.ask(kubectlArgv(args), OPTIONS)

function kubectlArgv(args: readonly string[]): Argv {
  const access = ['--kubeconfig', SUPER_ADMIN_CONF, '--server', `https://${HERE}:${API_PORT}`]
  // Without a cache: an operation leaves no file on this machine, which may be restored at the same time.
  return [`${BINARIES}/kubectl`, ...access, '--cache-dir', '/dev/null', ...args]
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
}
