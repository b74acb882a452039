import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { poll, type RetryPolicy } from '../../../base/retry.ts'
import type { HostView } from '../../../host/host.ts'
import { isHostRootProcess } from '../../../host/kernel/processes.ts'
import { type CarryOut, resultOf, type UndoOf } from '../result.ts'
import { descendantsOf, listProcesses, type Process } from './processes.ts'

const POLICY: RetryPolicy = { firstMs: 100, withinMs: 15_000 }
const GRACE_MS = 3_000
/** The socket in older records. k3s and others have their own containerd, with a namespace of the same name. */
const SOCKET = '/run/containerd/containerd.sock'

/**
 * containerd's shims and their containers outlive it. Containers get SIGTERM, then SIGKILL. Shims are killed last,
 * because they reap the processes of their containers.
 */
export const containerProcesses: CarryOut<'container-processes'> = async (undo, machine) => {
  const removed = new Map<number, string>()
  const killAtMs = machine.now().getTime() + GRACE_MS
  let shims: Process[] = []
  const look = async (number: number) => {
    const all = await listProcesses(machine)
    shims = await shimsOf(undo, all, machine)
    if (shims.length === 0) return true
    const containers = descendantsOf(shims, all)
    for (const [pid, words] of [...containers, ...shims].map(describe)) removed.set(pid, words)
    const isLate = machine.now().getTime() >= killAtMs
    if (containers.length === 0) {
      for (const { pid } of shims) await machine.kill(pid, 'SIGKILL')
    } else if (number === 1 || isLate) {
      for (const { pid } of containers) await machine.kill(pid, isLate ? 'SIGKILL' : 'SIGTERM')
    }
    return undefined
  }
  if (await poll(POLICY, look, { clock: machine })) return resultOf([...removed.values()])
  throw stillThere(shims)
}

/** Only shims of this machine: those of system containers are visible too, and any user can choose a process name. */
async function shimsOf(
  undo: UndoOf<'container-processes'>,
  all: readonly Process[],
  host: HostView,
): Promise<Process[]> {
  const named = all.filter((process) => isShimOf(process, undo))
  const own = await Promise.all(named.map(({ pid }) => isHostRootProcess(host, `${pid}`)))
  return named.filter((_, index) => own[index])
}

function isShimOf({ argv }: Process, { containerdNamespace, socket }: UndoOf<'container-processes'>): boolean {
  const isShim = /(^|\/)containerd-shim(-[a-z0-9-]+)?$/.test(argv[0] ?? '')
  if (!isShim) return false
  const address = flagOf(argv, '-address')
  if (socket !== undefined) return address === socket
  return flagOf(argv, '-namespace') === containerdNamespace && (address ?? SOCKET) === SOCKET
}

function flagOf(argv: readonly string[], flag: string): string | undefined {
  const at = argv.indexOf(flag)
  return at < 0 ? undefined : argv[at + 1]
}

function describe({ pid, argv }: Process): [number, string] {
  return [pid, `process ${pid} (${argv[0] ?? ''})`]
}

function stillThere(shims: readonly Process[]): AgentError {
  const pids = shims.map(({ pid }) => pid).join(' ')
  return new AgentError('undo/processes-left', `containers do not end; the process ids of their shims are ${pids}`, {
    fix: `find out what they wait for (${command`cat ${`/proc/${shims[0]?.pid}/stack`}`}), then run the same command again; a reboot ends them`,
  })
}
