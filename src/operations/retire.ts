import { AgentError } from '../base/agent-error.ts'
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
import { BINARIES, SUPER_ADMIN_CONF } from '../provision/paths.ts'
import { notYet, type Outcome } from './answer.ts'

const HERE = '127.0.0.1'
/** Within the time in which an operation has to be answered; what takes longer is asked for again. */
const DRAIN_SECONDS = 20
/** A kubelet that is gone confirms no pod's end. */
const GONE_SECONDS = 30
const SNAPSHOT = '/var/lib/etcd/before-removal.db'

/**
 * Can be asked for again at any point: what is done already is passed over. Fails only where nothing of etcd was touched,
 * as the others could not decide without the member; whatever else is in the way may pass.
 */
export async function retire(machine: Machine, { target }: Operation & { operation: 'retire' }): Promise<Outcome> {
  try {
    return await takeOut(machine, target)
  } catch (error) {
    if (!(error instanceof AgentError) || error.code === 'etcd/quorum') throw error
    return notYet(`a master that can: ${error.message.slice(0, 1_000)}`)
  }
}

async function takeOut(machine: Machine, target: Target): Promise<Outcome> {
  const found = target.role === 'master' ? await needMembership(machine) : undefined
  const member = found?.members.find((each) => isOf(target, each))
  if (found && member) await needQuorum(machine, found, member)
  if (await isThere(machine, target.name)) {
    const drained = await kubectl(machine, [
      ...['drain', target.name, '--ignore-daemonsets', '--delete-emptydir-data', '--force'],
      ...[`--timeout=${DRAIN_SECONDS}s`, `--skip-wait-for-delete-timeout=${GONE_SECONDS}`],
    ])
    if (drained.exitCode !== 0) return notYet(`pods of ${target.name} to go elsewhere: ${lastLine(drained.stderr)}`)
  }
  if (found && member) {
    await saveSnapshot(machine)
    await removeOnce(machine, found.through, member.id)
  }
  await machine.execute(kubectlArgv(['delete', 'node', target.name, '--ignore-not-found', '--wait=false']), OPTIONS)
  return { outcome: 'done' }
}

/** Its address may be another node's by now. */
function isOf({ name, address }: Target, member: EtcdMember): boolean {
  return member.peerUrl === peerUrlOf(address) && (member.name === name || member.name === '')
}

/** Another operation for the same node may be quicker. */
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
  throw new AgentError('etcd/no-answer', 'etcd on this master does not answer', { fix: 'systemctl status etcd there' })
}

/** Those that stay must be able to decide without the one that goes. */
async function needQuorum(machine: Machine, { members }: Membership, leaving: EtcdMember): Promise<void> {
  if (leaving.isLearner) return
  const staying = members.filter(({ id, isLearner }) => id !== leaving.id && !isLearner)
  const healthy = await Promise.all(staying.map((member) => isHealthy(machine, member)))
  const count = healthy.filter(Boolean).length
  if (count * 2 > staying.length) return
  const names = staying.filter((_, index) => !healthy[index]).map(({ name }) => name)
  const message = `of the ${staying.length} members of etcd that would stay only ${count} are healthy (not: ${names.join(', ')}); they could decide nothing without ${leaving.name}`
  throw new AgentError('etcd/quorum', message, { fix: `bring ${names.join(' or ')} back first` })
}

/** Kept beside etcd's data until the next one. */
async function saveSnapshot(machine: Machine): Promise<void> {
  const pki = '/etc/etcd/pki'
  const tls = [`--cacert=${pki}/ca.crt`, `--cert=${pki}/server.crt`, `--key=${pki}/server.key`]
  const save: Argv = [`${BINARIES}/etcdctl`, '--endpoints=https://127.0.0.1:2379', ...tls, 'snapshot', 'save', SNAPSHOT]
  await machine.execute(save, OPTIONS)
}

async function isThere(machine: Machine, name: string): Promise<boolean> {
  const { stdout } = await machine.execute(
    kubectlArgv(['get', 'node', name, '--ignore-not-found', '-o', 'name']),
    OPTIONS,
  )
  return stdout.trim() !== ''
}

const OPTIONS = { env: { HOME: '/nonexistent' }, timeoutMs: 60_000 }

const kubectl = (machine: Machine, args: readonly string[]) => machine.ask(kubectlArgv(args), OPTIONS)

function kubectlArgv(args: readonly string[]): Argv {
  const access = ['--kubeconfig', SUPER_ADMIN_CONF, '--server', `https://${HERE}:6443`]
  // Without a cache: an operation leaves nothing on this machine, which may be given back at the same moment.
  return [`${BINARIES}/kubectl`, ...access, '--cache-dir', '/dev/null', ...args]
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
}
