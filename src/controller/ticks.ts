/**
 * Does the work at an interval. Work that takes longer delays the next one, and what was due meanwhile is left out: a database
 * that is away for an hour must not leave an hour of work behind. `stop` resolves when the current work has ended.
 */
export function openTicks(everyMs: number, work: () => Promise<void>): { stop(): Promise<void> } {
  let current: Promise<void> | undefined
  const timer = setInterval(() => {
    current ??= work().finally(() => {
      current = undefined
    })
  }, everyMs)
  return {
    async stop() {
      clearInterval(timer)
      await current
    },
  }
}
