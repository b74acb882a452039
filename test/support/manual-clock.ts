/** A clock that a test moves on. What is due is called in order of time, as timers do it. */
export interface ManualClock {
  later(ms: number, work: () => void): void
  monotonicMs(): number
  advance(ms: number): void
}

export function manualClock(): ManualClock {
  let nowMs = 0
  let waiting: { atMs: number; work: () => void }[] = []
  return {
    later: (ms, work) => void waiting.push({ atMs: nowMs + ms, work }),
    monotonicMs: () => nowMs,
    advance(ms) {
      const untilMs = nowMs + ms
      for (;;) {
        const [next] = waiting.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)
        if (!next) break
        waiting = waiting.filter((each) => each !== next)
        nowMs = next.atMs
        next.work()
      }
      nowMs = untilMs
    },
  }
}
