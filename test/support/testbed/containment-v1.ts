import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitFor } from '../wait-for.ts'
import { type Containment, findCgroups, subdirectories } from './containment.ts'

const ROOT = '/sys/fs/cgroup'

/**
 * For hosts with cgroup v1, with or without systemd as PID 1. Before nspawn starts, each hierarchy gets a cgroup for the
 * node, and nspawn gets a cgroup namespace, so that the node's systemd uses that cgroup as its root.
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

/** The cgroups of this process in every mounted hierarchy: those of v1, and the unified one without controllers. */
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
  // A new cpuset accepts no process until it has CPUs and memory nodes.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(join(directory, file))) {
      writeFileSync(join(directory, file), readFileSync(join(dirname(directory), file)))
    }
  }
  return directory
}

/** Removes directories from the leaves up. The files of a cgroup are removed with its directory. */
async function removeTree(directory: string): Promise<void> {
  for (const name of subdirectories(directory)) await removeTree(join(directory, name))
  // A cgroup is busy for a moment after its last process has ended.
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
