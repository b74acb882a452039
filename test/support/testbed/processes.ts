import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Identifies a process even if its ID is reused later. */
export interface ProcessId {
  pid: number
  /** Clock ticks from the machine's boot to its start. */
  startedAt: number
}

/** Undefined if the process does not exist or is a zombie. */
export function identify(pid: number): ProcessId | undefined {
  const stat = readProc(pid, 'stat')
  if (stat === undefined) return undefined
  // The second field, the command in parentheses, may contain spaces. Count from the state after it.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? undefined : { pid, startedAt: Number(rest[18]) }
}

export const isAlive = (id: ProcessId) => identify(id.pid)?.startedAt === id.startedAt

export function allProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** The processes in the namespace `link`, such as `net:[4026531840]`. */
export function processesIn(kind: 'net' | 'pid' | 'mnt', link: string): number[] {
  return allProcesses().filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/${kind}`) === link
    } catch {
      return false // the process has ended
    }
  })
}

/** Reads a file of /proc/PID; undefined if the process has ended. */
export function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** Sends a signal. Does nothing if the process has ended. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Kills the processes that `find` returns until it returns none. */
export async function killAll(find: () => number[], what: string): Promise<void> {
  const deadline = Date.now() + 15_000
  for (let found = find(); found.length > 0; found = find()) {
    if (Date.now() > deadline) throw new Error(`${what}: processes ${found.join(', ')} outlive SIGKILL`)
    for (const pid of found) signalProcess(pid, 'SIGKILL')
    await sleep(20)
  }
}
