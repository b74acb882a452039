import type { Operations } from '../live/operations.ts'
import type { HasClock, HasOperations } from '../ports.ts'

type Ports = HasClock & HasOperations

/** Of an answer, from its arrival. */
const FRESH_MS = 5_000

interface Shared<T> {
  askedAt: Date
  answer: Promise<T>
  /** Null while it is on its way. */
  arrivedMs: number | null
}

/**
 * Shares what masters answer: whoever asks the same while the answer is on its way, or for 5 s after its arrival, gets the same
 * one. So repeated requests of people who may only read do not take the few slots of a master. `ask`: the strings tell one
 * question from another. A rejection is not kept.
 */
export function shared<P extends Ports, Key extends readonly string[], T>(ask: (ports: P, ...key: Key) => Promise<T>) {
  const known = new WeakMap<Operations, Map<string, Shared<T>>>()
  const of = ({ operations }: Ports) => {
    const all = known.get(operations) ?? new Map<string, Shared<T>>()
    known.set(operations, all)
    return all
  }
  return {
    get(ports: P, ...key: Key): Shared<T> {
      const all = of(ports)
      const now = ports.now()
      for (const [name, { arrivedMs }] of all)
        if (arrivedMs !== null && Math.abs(now.getTime() - arrivedMs) >= FRESH_MS) all.delete(name)
      const name = key.join(' ')
      const last = all.get(name)
      if (last) return last
      const asked: Shared<T> = { askedAt: now, answer: ask(ports, ...key), arrivedMs: null }
      all.set(name, asked)
      asked.answer.then(
        () => {
          asked.arrivedMs = ports.now().getTime()
        },
        () => {
          if (all.get(name) === asked) all.delete(name)
        },
      )
      return asked
    },
    /** After a change of what it says. */
    forget(ports: P, ...key: Key): void {
      of(ports).delete(key.join(' '))
    },
  }
}
