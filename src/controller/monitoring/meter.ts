import type { Store } from '../store/port.ts'

/** Counts what the controller does, for /metrics. Names of nodes, clusters and people never get here: they have no bound. */
export interface Meter {
  /** An answered request. `route`: its path template. */
  request(seen: { method: string; route: string; status: number; seconds: number }): void
  /** A request that was refused, by the code of its error. */
  refused(code: string): void
  /** A message of an agent's session, by the type of its frame. */
  message(direction: 'received' | 'sent', type: string): void
  /** All records were read for a backup. */
  backup(at: Date): void
  /** A call of the store, and the events that it stored. */
  store(seen: { operation: string; seconds: number; failed: boolean; events: number }): void
}

export const NO_METER: Meter = {
  request: () => undefined,
  refused: () => undefined,
  message: () => undefined,
  backup: () => undefined,
  store: () => undefined,
}

/** The same store; every call that returns a promise is measured. */
export function measuredStore(store: Store, meter: Meter, monotonicMs: () => number): Store {
  const measure = async (operation: string, work: Promise<unknown>, args: unknown[]): Promise<unknown> => {
    const beganMs = monotonicMs()
    const seen = (failed: boolean, events: number) =>
      meter.store({ operation, seconds: (monotonicMs() - beganMs) / 1_000, failed, events })
    try {
      const result = await work
      seen(false, operation === 'commit' && result === true ? eventsIn(args[0]) : 0)
      return result
    } catch (error) {
      seen(true, 0)
      throw error
    }
  }
  return new Proxy(store, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name, target)
      if (typeof found !== 'function') return found
      return (...args: unknown[]) => {
        const result: unknown = found.apply(target, args)
        return result instanceof Promise ? measure(String(name), result, args) : result
      }
    },
  })
}

const eventsIn = (changes: unknown) =>
  (changes as readonly { change: string }[]).filter(({ change }) => change === 'add-event').length
