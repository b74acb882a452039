import type { Store } from '../../../../src/controller/store/port.ts'

/**
 * Selects at random which work that waits for the store continues next. Only one piece of work uses the store at a time,
 * so that a seed gives the same history with any backend.
 */
export interface Scheduler {
  /** Resolves when the work is selected. */
  wait(owner: object): Promise<void>
  /** Real work of the store, which the scheduler waits for. */
  during<T>(work: () => Promise<T>): Promise<T>
  /** Continues one piece of work until it needs the store again. Returns false if none waits. */
  release(): Promise<boolean>
  /** Work of this owner never continues, because its process is gone. */
  drop(owner: object): void
  waiting(): number
}

interface Waiter {
  owner: object
  go(): void
  /** How often other work is selected first. */
  heldFor: number
}

export function openScheduler(random: () => number): Scheduler {
  let waiters: Waiter[] = []
  const gone = new WeakSet<object>()
  let atWork = 0
  /** Resolves when all running work waits again. */
  const drain = async () => {
    for (let turns = 0; turns < 2 || atWork > 0; turns++) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    wait: (owner) =>
      new Promise((resolve) => {
        if (gone.has(owner)) return
        const heldFor = random() < 0.05 ? Math.floor(random() * 40) : 0
        waiters.push({ owner, go: resolve, heldFor })
      }),
    async during(work) {
      atWork += 1
      try {
        return await work()
      } finally {
        atWork -= 1
      }
    },
    async release() {
      await drain()
      if (waiters.length === 0) return false
      const ready = waiters.filter((waiter) => waiter.heldFor-- <= 0)
      const from = ready.length > 0 ? ready : waiters
      const chosen = from[Math.floor(random() * from.length)]
      waiters = waiters.filter((waiter) => waiter !== chosen)
      chosen?.go()
      await drain()
      return true
    },
    drop(owner) {
      gone.add(owner)
      waiters = waiters.filter((waiter) => waiter.owner !== owner)
    },
    waiting: () => waiters.length,
  }
}

/** A store whose calls wait for the scheduler; after a commit the caller waits again. */
export function scheduled(store: Store, scheduler: Scheduler, owner: object): Store {
  const call =
    (method: keyof Store) =>
    async (...given: unknown[]) => {
      await scheduler.wait(owner)
      const work = store[method] as (...given: unknown[]) => Promise<unknown>
      try {
        return await scheduler.during(() => work(...given))
      } finally {
        if (method === 'commit') await scheduler.wait(owner)
      }
    }
  const methods = (Object.keys(store) as (keyof Store)[]).map((method) => [method, call(method)])
  return Object.fromEntries(methods) as Store
}
