/** Calls `work` once after so many milliseconds, unless it is cancelled before. */
export type Later = (ms: number, work: () => void) => void

/** Timers that end together. */
export function openTimers(): { later: Later; clear(): void } {
  const timers = new Set<NodeJS.Timeout>()
  let isCleared = false
  return {
    later(ms, work) {
      if (isCleared) return
      const timer = setTimeout(() => {
        timers.delete(timer)
        work()
      }, ms)
      timers.add(timer)
    },
    clear() {
      isCleared = true
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
