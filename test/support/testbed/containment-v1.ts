import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitFor } from '../wait-for.ts'
import { type Containment, findCgroups, subdirectories } from './containment.ts'

const ROOT = '/sys/fs/cgroup'

/**
 * Hosts whose controllers are cgroup v1, and whose PID 1 need not be systemd. Before nspawn starts, each hierarchy gets
 * a cgroup for the node, and nspawn a cgroup namespace: so the node's systemd takes that cgroup for the root.
 */
export const cgroupV1: Containment = {
  async start(machine, command, log) {
    const cgroups = ownCgroups().map((own) => make(join(own, machine)))
    const contain = fileURLToPath(new URL('contain-v1.sh', import.meta.url))
    const output = openSync(log, 'w')
    const child = spawn(contain, [...cgroups, '--', ...command], {
      detached: true,
      stdio: ['ignore', output, output],
      cwd: '/',
    })
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    child.unref()
    closeSync(output)
    return child.pid ?? 0
  },
  async remove(machine) {
    for (const directory of findCgroups((name) => name === machine)) await removeTree(directory)
  },
}

/** The cgroup that this process is in, in every mounted hierarchy: those of v1, and v2 without controllers beside them. */
function ownCgroups(): string[] {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')
  return lines
    .map((line) => {
      const [, controllers = '', ...path] = line.split(':')
      return join(ROOT, controllers === '' ? 'unified' : controllers.replace('name=', ''), path.join(':'))
    })
    .filter((directory) => existsSync(directory))
}

function make(directory: string): string {
  mkdirSync(directory, { recursive: true })
  // A new cpuset is empty, and takes no process until it has processors and memory.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(join(directory, file))) {
      writeFileSync(join(directory, file), readFileSync(join(dirname(directory), file)))
    }
  }
  return directory
}

/** rmdir from the leaves up: a cgroup's files cannot be removed, they go with it. */
async function removeTree(directory: string): Promise<void> {
  for (const name of subdirectories(directory)) await removeTree(join(directory, name))
  // Busy for a moment after its last process has ended.
  await waitFor(`end of ${directory}`, () => (removed(directory) ? true : undefined), { withinMs: 10_000 })
}

function removed(directory: string): boolean {
  try {
    rmdirSync(directory)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false
    throw error
  }
}
