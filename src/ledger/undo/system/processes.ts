import type { HostView } from '../../../host/host.ts'
import { processIds } from '../../../host/kernel/processes.ts'

export interface Process {
  pid: number
  parent: number
  argv: string[]
}

export async function listProcesses(host: HostView): Promise<Process[]> {
  const found = await Promise.all(
    (await processIds(host)).map(async (pid) => {
      const [stat, cmdline] = await Promise.all([host.read(`/proc/${pid}/stat`), host.read(`/proc/${pid}/cmdline`)])
      if (stat === undefined || cmdline === undefined) return []
      // `pid (name) state parent …` (proc_pid_stat(5)); the name may contain spaces and parentheses. Zombies are ignored.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state === 'Z' || state === 'X') return []
      return [{ pid: Number(pid), parent: Number(parent), argv: cmdline.split('\0').slice(0, -1) }]
    }),
  )
  return found.flat()
}

/** All descendants of the given processes, without the processes themselves. */
export function descendantsOf(roots: readonly Process[], all: readonly Process[]): Process[] {
  const family = new Set(roots.map((root) => root.pid))
  for (let grown = 0; grown !== family.size; ) {
    grown = family.size
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid)
  }
  return all.filter(({ pid }) => family.has(pid) && !roots.some((root) => root.pid === pid))
}
