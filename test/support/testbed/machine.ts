import { existsSync } from 'node:fs'
import { readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '../wait-for.ts'
import { type Bed, BRIDGE, inNetwork } from './bed.ts'
import { containment, findCgroups, processesOfCgroup } from './containment.ts'
import { identify, isAlive, killAll, type ProcessId, readProc, signalProcess } from './processes.ts'
import { must, type Output, type RunOptions, run } from './run.ts'

/** A node of a test bed: a Debian container with its own systemd. */
export interface Node {
  readonly bed: Bed
  readonly name: string
  readonly address: string
  /** The directory on the host with its disk and records. */
  readonly directory: string
}

/** The node's root directory on the host, without mounts of the node such as /run. */
export const path = (node: Node) => join(node.directory, 'root')
export const machineName = (node: Node) => `${node.bed.prefix}.${node.name}`
/** The console output of the node since its boot. */
export const consoleLog = (node: Node) => join(node.directory, 'console.log')
/** An empty directory that nspawn creates. */
const propagated = (node: Node) => `/run/systemd/nspawn/propagate/${machineName(node)}`
const leaderFile = (node: Node) => join(node.directory, 'leader.json')

/** If this file exists, the node cannot change its /usr. */
export const readOnlyUsrMark = (node: Node) => join(node.directory, 'read-only-usr')

const BOOT_TIMEOUT_MS = 120_000
/** System calls of runc and containerd that nspawn blocks by default. */
const SYSTEM_CALLS = 'bpf keyctl add_key request_key perf_event_open'
/** The node uses the kernel of the host and can load its modules. */
const MODULES = '/lib/modules'
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
}

/** Powers the node on and waits until its systemd is running. Its disk must be mounted. */
export async function powerOn(node: Node, signal?: AbortSignal): Promise<void> {
  const isUsrReadOnly = existsSync(readOnlyUsrMark(node))
  const nspawn = inNetwork(node.bed, [
    ...['env', 'SYSTEMD_NSPAWN_API_VFS_WRITABLE=1', 'systemd-nspawn', '--quiet', '--boot'],
    ...[`--directory=${path(node)}`, `--machine=${machineName(node)}`, `--hostname=${node.name}`],
    ...['--register=no', '--keep-unit', '--link-journal=no', '--timezone=off', '--resolv-conf=off'],
    ...[`--network-bridge=${BRIDGE}`, '--capability=all', `--system-call-filter=${SYSTEM_CALLS}`, '--bind=/dev/kmsg'],
    ...(isUsrReadOnly ? [`--bind-ro=${path(node)}/usr:/usr`] : []),
    // nspawn orders mounts by their names: with another one on /usr, the link /lib would be covered.
    ...(existsSync(MODULES) ? [`--bind-ro=${MODULES}:${isUsrReadOnly ? '/usr' : ''}${MODULES}`] : []),
  ])
  const pid = await containment().start(machineName(node), nspawn, consoleLog(node))
  const supervisor = identify(pid)
  const up = async () => {
    if (!supervisor || !isAlive(supervisor)) {
      throw new Error(`node ${node.name} ended while it booted:\n${await readFile(consoleLog(node), 'utf8')}`)
    }
    const leader = leaderBelow(pid)
    if (leader === undefined) return undefined
    const { stdout } = await enter(leader.pid, ['systemctl', 'is-system-running'], {})
    return /^(running|degraded)/.test(stdout) ? leader : undefined
  }
  const leader = await waitFor(`boot of ${node.name}`, up, { withinMs: BOOT_TIMEOUT_MS, signal }).catch(
    async (error: unknown) => {
      // It may not be in the node's cgroups yet, where powerOff looks for it.
      await killAll(() => (supervisor && isAlive(supervisor) ? [pid] : []), machineName(node))
      throw error
    },
  )
  await writeFile(leaderFile(node), JSON.stringify(leader))
}

/** Kills every process of the node at once, without an orderly shutdown. The disk is kept. */
export async function powerOff(node: Node): Promise<void> {
  const leader = await leaderOf(node)
  const unit = machineName(node)
  const cgroups = findCgroups((name) => name === unit || name === `${unit}.service`)
  const processes = [...new Set(cgroups.flatMap(processesOfCgroup))]
  // nspawn removes the network link when its machine ends, so wait for that.
  const supervisors = processes.filter((pid) => readProc(pid, 'comm') === 'systemd-nspawn\n')
  // The leader last: a process that outlived systemd could still write about its end.
  const others = processes.filter((pid) => pid !== leader?.pid && !supervisors.includes(pid))
  for (const pid of [...others, ...(leader ? [leader.pid] : [])]) signalProcess(pid, 'SIGKILL')
  const ended = () => (supervisors.some((pid) => identify(pid)) ? undefined : true)
  if (leader) await waitFor(`end of ${unit}`, ended, { withinMs: 10_000 })
  await killAll(() => cgroups.flatMap(processesOfCgroup), unit)
  await containment().remove(unit)
  if (existsSync(propagated(node))) await rmdir(propagated(node)) // nspawn was killed before it removed it
  await rm(leaderFile(node), { force: true })
}

/** The node's PID 1; undefined while it is off. */
export async function leaderOf(node: Node): Promise<ProcessId | undefined> {
  if (!existsSync(leaderFile(node))) return undefined
  const leader = JSON.parse(await readFile(leaderFile(node), 'utf8')) as ProcessId
  return isAlive(leader) ? leader : undefined
}

/** Runs a command in the node as root. Resolves with any exit code. */
export async function exec(node: Node, argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  return enter(await leaderPid(node), argv, options)
}

/** Like exec, but rejects on a non-zero exit code with the end of the output. Resolves with stdout. */
export async function execOk(node: Node, argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { env, ...rest } = options
  return must(entering(await leaderPid(node), argv), { ...rest, env: { ...ENVIRONMENT, ...env } })
}

/** The argv and environment that run a command in a node, for callers that spawn the process themselves. */
export async function inNode(
  node: Node,
  argv: readonly string[],
): Promise<{ argv: string[]; env: Record<string, string> }> {
  return { argv: entering(await leaderPid(node), argv), env: ENVIRONMENT }
}

async function leaderPid(node: Node): Promise<number> {
  const leader = await leaderOf(node)
  if (!leader) throw new Error(`node ${node.name} is off: boot it first (scripts/testbed boot ${node.name})`)
  return leader.pid
}

const enter = (leader: number, argv: readonly string[], { env, ...rest }: RunOptions) =>
  run(entering(leader, argv), { ...rest, env: { ...ENVIRONMENT, ...env } })

function entering(leader: number, argv: readonly string[]): string[] {
  const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root', '--wd']
  return ['nsenter', `--target=${leader}`, ...namespaces, '--', ...argv]
}

/** The child of nspawn that is process 1 of its namespace. nspawn has other children while it prepares. */
function leaderBelow(nspawn: number): ProcessId | undefined {
  const children = readProc(nspawn, `task/${nspawn}/children`)?.trim().split(' ').filter(Boolean).map(Number) ?? []
  const isFirst = (pid: number) => /^NSpid:\t\d+\t1$/m.test(readProc(pid, 'status') ?? '')
  const leader = children.find(isFirst)
  return leader === undefined ? undefined : identify(leader)
}
