import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findCgroups, processesOfCgroup } from '../support/testbed/containment.ts'
import { machineName, type Node } from '../support/testbed/machine.ts'

/** CPU seconds of all processes of the nodes since they booted, also of those that have ended. */
export function cpuSeconds(nodes: readonly Node[]): number {
  // With cgroup v1, the unified hierarchy may count the same again.
  return sum(nodes.map((node) => Math.max(0, ...cgroupsOf([node]).map(secondsOf))))
}

/** Anonymous memory of all processes of the nodes, in GB. */
export function anonymousGigabytes(nodes: readonly Node[]): number {
  const processes = new Set(cgroupsOf(nodes).flatMap(processesOfCgroup))
  const kilobytes = [...processes].map((pid) => {
    const [, anonymous = '0'] = /^RssAnon:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`)) ?? []
    return Number(anonymous)
  })
  return sum(kilobytes) / 1e6
}

function cgroupsOf(nodes: readonly Node[]): string[] {
  const units = new Set(nodes.flatMap((node) => [machineName(node), `${machineName(node)}.service`]))
  return findCgroups((name) => units.has(name))
}

/** Both numbers include the cgroups below. */
function secondsOf(cgroup: string): number {
  if (existsSync(join(cgroup, 'cpuacct.usage'))) return Number(read(join(cgroup, 'cpuacct.usage'))) / 1e9
  const [, microseconds = '0'] = /^usage_usec (\d+)$/m.exec(read(join(cgroup, 'cpu.stat'))) ?? []
  return Number(microseconds) / 1e6
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process has ended, or this cgroup has no such controller
  }
}
