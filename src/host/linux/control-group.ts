import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path/posix'
import { type Clock, poll, type RetryPolicy } from '../../base/retry.ts'
import { parseMountinfo } from '../parse/mountinfo.ts'

export interface LeftBehindOptions {
  /** The agent's systemd unit. In the control group of another unit, no process is killed. */
  unit: string
  clock: Clock
  /** Default /proc/self; replaced in tests. */
  self?: string
}

export interface LeftBehind {
  /** Process ids. */
  ended: number[]
  /** Still there after all tries. */
  left: number[]
}

const POLICY: RetryPolicy = { firstMs: 100, tries: 50 }

/**
 * Kills the processes in the control group of the agent's unit that this process has not started: those that a killed child
 * left behind. Repeats until none is left, for about five seconds.
 */
export async function endLeftBehind({ unit, clock, self = '/proc/self' }: LeftBehindOptions): Promise<LeftBehind> {
  const list = processList(self, unit)
  const ended = new Set<number>()
  if (list === undefined) return { ended: [], left: [] }
  const own = Number(/^(\d+)/.exec(readFileSync(`${self}/stat`, 'utf8'))?.[1])
  let left: number[] = []
  const look = async () => {
    left = processIds(list).filter((pid) => !isOfFamily(pid, own))
    for (const pid of left) if (kill(pid)) ended.add(pid)
    return left.length === 0 || undefined
  }
  await poll(POLICY, look, { clock })
  return { ended: [...ended].filter((pid) => !left.includes(pid)), left }
}

/**
 * The kernel's process list of this process's control group, in systemd's hierarchy (version 1 or 2). Undefined if the group
 * does not belong to the unit.
 */
function processList(self: string, unit: string): string | undefined {
  const lines = readFileSync(`${self}/cgroup`, 'utf8').split('\n')
  const group = pathIn(lines, '1') ?? pathIn(lines, '2')
  if (group === undefined || group.path.split('/').at(-1) !== unit) return undefined
  for (const mount of parseMountinfo(readFileSync(`${self}/mountinfo`, 'utf8'))) {
    const { root, mountPoint, fileSystem, superOptions } = mount
    const isMatching = group.version === '2' ? fileSystem === 'cgroup2' : superOptions.includes('name=systemd')
    const below = relative(root, group.path)
    if (isMatching && !below.startsWith('..')) return join(mountPoint, below, 'cgroup.procs')
  }
  return undefined
}

function pathIn(lines: readonly string[], version: '1' | '2'): { version: '1' | '2'; path: string } | undefined {
  const form = version === '1' ? /^\d+:name=systemd:(.+)$/ : /^0::(.+)$/
  const path = lines.map((line) => form.exec(line)?.[1]).find((found) => found !== undefined)
  return path === undefined ? undefined : { version, path }
}

function processIds(list: string): number[] {
  // 0: a process in another PID namespace.
  return readFileSync(list, 'utf8')
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 1)
}

function isOfFamily(pid: number, own: number): boolean {
  for (let at = pid; at > 1; at = parentOf(at)) if (at === own) return true
  return false
}

/** 0 if the process has ended. */
function parentOf(pid: number): number {
  try {
    // The name in parentheses may contain any character.
    return Number(/^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? 0)
  } catch (error) {
    if (isGone(error)) return 0
    throw error
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')
}
