import { readdirSync, readFileSync } from 'node:fs'

const LOOK_MS = 10
/** A new process still has the arguments of its parent, until it executes its program. */
const YOUNG_MS = 1_000

export interface ProcessWatch {
  /** Arguments and environments of all processes that were seen, each text once. */
  texts(): ReadonlySet<string>
  stop(): void
}

/** Looks every few milliseconds at all processes of this machine, which include those of the nodes. */
export function watchProcesses(): ProcessWatch {
  const texts = new Set<string>()
  const firstSeen = new Map<string, number>()
  const look = () => {
    const now = performance.now()
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    for (const pid of pids) {
      const seen = firstSeen.get(pid)
      if (seen !== undefined && now - seen > YOUNG_MS) continue
      if (seen === undefined) firstSeen.set(pid, now)
      for (const file of ['cmdline', 'environ']) texts.add(contentOf(`/proc/${pid}/${file}`))
    }
    // The kernel uses the numbers of ended processes again.
    const alive = new Set(pids)
    for (const pid of firstSeen.keys()) if (!alive.has(pid)) firstSeen.delete(pid)
  }
  const timer = setInterval(look, LOOK_MS).unref()
  return { texts: () => texts, stop: () => clearInterval(timer) }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
