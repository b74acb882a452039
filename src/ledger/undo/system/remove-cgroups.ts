import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { type RetryPolicy, retry } from '../../../base/retry.ts'
import { CGROUPS, cgroupHierarchies, subdirectories } from '../../../host/kernel/cgroup-hierarchies.ts'
import type { Machine } from '../../../host/machine.ts'
import { type CarryOut, resultOf } from '../result.ts'

/** The kernel releases a control group when its last process, which was killed, has ended: on a busy machine after seconds. */
const POLICY: RetryPolicy = { firstMs: 200, withinMs: 15_000 }

export const removeCgroups: CarryOut<'remove-cgroups'> = async ({ names }, machine) => {
  const roots = new Set([CGROUPS, ...(await cgroupHierarchies(machine))])
  const removed: string[] = []
  for (const name of names) {
    const places = await present(
      [...roots].map((root) => `${root}/${name}`),
      machine,
    )
    if (places.length === 0) continue
    if (name.endsWith('.slice')) await machine.ask(['systemctl', 'stop', '--', name], { timeoutMs: 60_000 })
    for (const place of places) await removeGroup(place, machine)
    removed.push(...places.map((place) => `control group ${place}`))
  }
  return resultOf(removed)
}

async function removeGroup(path: string, machine: Machine): Promise<void> {
  for (const child of await subdirectories(machine, path)) await removeGroup(child, machine)
  try {
    await retry(POLICY, () => machine.removeDirectory(path), { clock: machine, mayPass: () => true })
  } catch (error) {
    throw left(path, error)
  }
}

async function present(paths: readonly string[], machine: Machine): Promise<string[]> {
  const stats = await Promise.all(paths.map((path) => machine.stat(path)))
  return paths.filter((_, i) => stats[i]?.kind === 'directory')
}

function left(path: string, cause: unknown): AgentError {
  return new AgentError('undo/cgroup-left', `control group ${path} still has processes`, {
    fix: `list them (${command`cat ${`${path}/cgroup.procs`}`}), end them, then run the same command again`,
    cause,
  })
}
