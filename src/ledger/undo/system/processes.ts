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
      // `pid (name) state parent …`; the name may hold blanks and parentheses. A zombie waits for its parent alone.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state === 'Z' || state === 'X') return []
      return [{ pid: Number(pid), parent: Number(parent), argv: cmdline.split('\0').slice(0, -1) }]
    }),
  )
  return found.flat()
}

/** Everything that the given processes started, and what that started, without themselves. */
export function descendantsOf(roots: readonly Process[], all: readonly Process[]): Process[] {
  const family = new Set(roots.map((root) => root.pid))
  for (let grown = 0; grown !== family.size; ) {
    grown = family.size
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid)
  }
  return all.filter(({ pid }) => family.has(pid) && !roots.some((root) => root.pid === pid))
}
