import { AgentError } from '../../errors/agent-error.ts'
import { command } from '../../errors/command.ts'
import { descendantsOf, listProcesses, type Process } from './processes.ts'
import type { CarryOut } from './result.ts'

const GRACE_MS = 3_000
const LONGEST_MS = 15_000
const PAUSE_MS = 100

/**
 * containerd's shims outlive it, and their containers with them. Containers are asked to end, then made to; a shim
 * is ended last, for it reaps what its containers leave.
 */
export const containerProcesses: CarryOut<'container-processes'> = async ({ containerdNamespace, socket }, machine) => {
  const option = socket === undefined ? ['-namespace', containerdNamespace] : ['-address', socket]
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    const all = await listProcesses(machine)
    const shims = all.filter((process) => isShimWith(process, option))
    if (shims.length === 0) return undefined
    if (waitedMs >= LONGEST_MS) throw stillThere(shims)
    const containers = descendantsOf(shims, all)
    const signal = waitedMs < GRACE_MS ? 'SIGTERM' : 'SIGKILL'
    if (containers.length === 0) {
      for (const { pid } of shims) await machine.kill(pid, 'SIGKILL')
    } else if (waitedMs === 0 || waitedMs >= GRACE_MS) {
      for (const { pid } of containers) await machine.kill(pid, signal)
    }
    await machine.sleep(PAUSE_MS)
  }
}

function isShimWith({ argv }: Process, [option = '', value]: string[]): boolean {
  const isShim = /(^|\/)containerd-shim(-[a-z0-9-]+)?$/.test(argv[0] ?? '')
  const at = argv.indexOf(option)
  return isShim && at > 0 && argv[at + 1] === value
}

function stillThere(shims: readonly Process[]): AgentError {
  const pids = shims.map(({ pid }) => pid).join(' ')
  return new AgentError('undo/processes-left', `containers do not end; their shims have the process ids ${pids}`, {
    fix: `see what they wait for (${command`cat ${`/proc/${shims[0]?.pid}/stack`}`}), then run the same command again; a reboot ends them`,
  })
}
