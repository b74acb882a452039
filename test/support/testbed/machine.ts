import { existsSync } from 'node:fs'
import { readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '../wait-for.ts'
import { type Bed, BRIDGE, inNetwork } from './bed.ts'
import { containment, findCgroups, processesOfCgroup } from './containment.ts'
import { identify, isAlive, killAll, type ProcessId, readProc, signalProcess } from './processes.ts'
import { must, type Output, type RunOptions, run } from './run.ts'

/** One node of a bed: a Debian machine with its own systemd. */
export interface Node {
  readonly bed: Bed
  readonly name: string
  readonly address: string
  /** Where its disk and its records lie on the host. */
  readonly directory: string
}

/** The node's root directory as the host sees it. Mounts that the node made itself, such as /run, are not in it. */
export const path = (node: Node) => join(node.directory, 'root')
export const machineName = (node: Node) => `${node.bed.prefix}.${node.name}`
/** What the node wrote to its console since it booted. */
export const consoleLog = (node: Node) => join(node.directory, 'console.log')
/** nspawn's own, always empty. */
const propagated = (node: Node) => `/run/systemd/nspawn/propagate/${machineName(node)}`
const leaderFile = (node: Node) => join(node.directory, 'leader.json')

const BOOT_TIMEOUT_MS = 120_000
/** Beside nspawn's own list: what runc and containerd call. */
const SYSTEM_CALLS = 'bpf keyctl add_key request_key perf_event_open'
/** The host's kernel is the node's: what loads a module there finds it. */
const MODULES = '/lib/modules'
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
}

/** Switches the node on, and waits until its systemd is up. Its disk is mounted. */
export async function powerOn(node: Node, signal?: AbortSignal): Promise<void> {
  const nspawn = inNetwork(node.bed, [
    ...['env', 'SYSTEMD_NSPAWN_API_VFS_WRITABLE=1', 'systemd-nspawn', '--quiet', '--boot'],
    ...[`--directory=${path(node)}`, `--machine=${machineName(node)}`, `--hostname=${node.name}`],
    ...['--register=no', '--keep-unit', '--link-journal=no', '--timezone=off', '--resolv-conf=off'],
    ...[`--network-bridge=${BRIDGE}`, '--capability=all', `--system-call-filter=${SYSTEM_CALLS}`, '--bind=/dev/kmsg'],
    ...(existsSync(MODULES) ? [`--bind-ro=${MODULES}`] : []),
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
      // It may not be in the node's cgroups yet, where powerOff would look for it.
      await killAll(() => (supervisor && isAlive(supervisor) ? [pid] : []), machineName(node))
      throw error
    },
  )
  await writeFile(leaderFile(node), JSON.stringify(leader))
}

/** Ends every process of the node at once, nothing flushed, nothing stopped in order. Its disk stays. */
export async function powerOff(node: Node): Promise<void> {
  const leader = await leaderOf(node)
  const unit = machineName(node)
  const cgroups = findCgroups((name) => name === unit || name === `${unit}.service`)
  const processes = [...new Set(cgroups.flatMap(processesOfCgroup))]
  // nspawn takes the network link away when it sees its machine end: give it that time.
  const supervisors = processes.filter((pid) => readProc(pid, 'comm') === 'systemd-nspawn\n')
  // The leader last: whoever outlived it for a moment would see systemd gone, and could still tell of that.
  const others = processes.filter((pid) => pid !== leader?.pid && !supervisors.includes(pid))
  for (const pid of [...others, ...(leader ? [leader.pid] : [])]) signalProcess(pid, 'SIGKILL')
  const ended = () => (supervisors.some((pid) => identify(pid)) ? undefined : true)
  if (leader) await waitFor(`end of ${unit}`, ended, { withinMs: 10_000 })
  await killAll(() => cgroups.flatMap(processesOfCgroup), unit)
  await containment().remove(unit)
  if (existsSync(propagated(node))) await rmdir(propagated(node)) // nspawn had no time for it
  await rm(leaderFile(node), { force: true })
}

/** The node's PID 1; undefined while it is off. */
export async function leaderOf(node: Node): Promise<ProcessId | undefined> {
  if (!existsSync(leaderFile(node))) return undefined
  const leader = JSON.parse(await readFile(leaderFile(node), 'utf8')) as ProcessId
  return isAlive(leader) ? leader : undefined
}

/** Runs a command in the node as root and answers how it ended, whatever its exit code. */
export async function exec(node: Node, argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  return enter(await leaderPid(node), argv, options)
}

/** Like exec, but a non-zero exit code rejects, with the end of the output. Answers stdout. */
export async function execOk(node: Node, argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { env, ...rest } = options
  return must(entering(await leaderPid(node), argv), { ...rest, env: { ...ENVIRONMENT, ...env } })
}

/** The argv that runs a command in a node, and the environment for it: for who spawns it himself. */
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

/** nspawn's child that is process 1 of its own namespace. Before that, while it prepares, it has other children. */
function leaderBelow(nspawn: number): ProcessId | undefined {
  const children = readProc(nspawn, `task/${nspawn}/children`)?.trim().split(' ').filter(Boolean).map(Number) ?? []
  const isFirst = (pid: number) => /^NSpid:\t\d+\t1$/m.test(readProc(pid, 'status') ?? '')
  const leader = children.find(isFirst)
  return leader === undefined ? undefined : identify(leader)
}
