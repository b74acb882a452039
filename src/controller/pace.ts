import type { Later } from '../base/timers.ts'

interface Options {
  /** Decides about a cluster. Does not reject. */
  decide(clusterId: string): Promise<void>
  monotonicMs(): number
  later: Later
}

export interface Pace {
  /** There is news of this cluster: decisions about it are due, soon, and once for all news until then. */
  due(clusterId: string): void
}

/** A decision reads the whole cluster, so after each pass it rests for so many times as long. */
const REST = 4

/**
 * Spaces the decisions that messages of nodes lead to. When nodes send little, they follow at once; when thousands of nodes
 * come back, they take at most a fifth of the time, however large the clusters are.
 */
export function openPace({ decide, monotonicMs, later }: Options): Pace {
  const clusters = new Set<string>()
  let isPlanned = false
  let restsUntilMs = 0
  const pass = async () => {
    const startedMs = monotonicMs()
    const all = [...clusters]
    clusters.clear()
    for (const each of all) await decide(each)
    const endedMs = monotonicMs()
    restsUntilMs = endedMs + REST * (endedMs - startedMs)
    isPlanned = false
    if (clusters.size > 0) plan()
  }
  const plan = () => {
    isPlanned = true
    later(Math.max(0, restsUntilMs - monotonicMs()), () => void pass())
  }
  return {
    due(clusterId) {
      clusters.add(clusterId)
      if (!isPlanned) plan()
    },
  }
}
