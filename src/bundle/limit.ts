/** Runs what it is given, at most so many at a time, in the order given. */
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
      // A waiting one takes over the place; only without one it becomes free.
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
