/** Runs tasks in the given order, with limited concurrency. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>

export function limit(atOnce: number): Limit {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      // The next waiting task takes the slot; if there is none, the slot becomes free.
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
