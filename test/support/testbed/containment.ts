import { readdirSync, readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { cgroupV1 } from './containment-v1.ts'
import { cgroupV2 } from './containment-v2.ts'

/** How a node's processes get their own cgroups, depending on the cgroup version of the host. */
export interface Containment {
  /** Starts the command that boots `machine`, with its output in a file. Resolves with the process ID. */
  start(machine: string, command: readonly string[], log: string): Promise<number>
  /** Removes what `start` created, after the machine's processes have ended. */
  remove(machine: string): Promise<void>
}

const CGROUP2_SUPER_MAGIC = 0x63677270

export const cgroupVersion = (): 1 | 2 => (statfsSync('/sys/fs/cgroup').type === CGROUP2_SUPER_MAGIC ? 2 : 1)

export const containment = (): Containment => (cgroupVersion() === 2 ? cgroupV2 : cgroupV1)

/** The directories of all cgroups whose name matches, in every hierarchy, without their children. */
export function findCgroups(wanted: (name: string) => boolean, below = '/sys/fs/cgroup'): string[] {
  return subdirectories(below).flatMap((name) => {
    const directory = join(below, name)
    return wanted(name) ? [directory] : findCgroups(wanted, directory)
  })
}

/** The processes of a cgroup and of all below it. */
export function processesOfCgroup(directory: string): number[] {
  try {
    const own = readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
    return [...own, ...subdirectories(directory).flatMap((name) => processesOfCgroup(join(directory, name)))]
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

export function subdirectories(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

const isGone = (error: unknown) => ['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')
