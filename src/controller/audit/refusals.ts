import type { Later } from '../../base/timers.ts'
import type { AuditContent } from '../../protocol/audit/entry.ts'
import { Rate } from '../rate.ts'
import { type Act, contentOf } from './act.ts'

/** A request that was refused, or that an error ended. `isKnown`: whether its client has authenticated. */
export interface Attempt {
  act: Act
  outcome: 'refused' | 'failed'
  code: string
  isKnown: boolean
}

export interface Refusals {
  /** Returns at once. */
  note(attempt: Attempt): void
  /** Resolves when everything that was noted is stored, or could not be. */
  flush(): Promise<void>
}

interface Ports {
  write(content: AuditContent): Promise<unknown>
  now(): Date
  monotonicMs(): number
  later: Later
}

/** Attempts like one that has an entry are counted for so long, and have one entry together. */
const PERIOD_MS = 60_000
/** Attempts beyond the limits have one entry together. */
const OVERFLOW_MS = 600_000
const MOST_KEYS = 1_000
/** Entries of one source, and of all: those of clients that nobody knows cannot use up those of others. */
const PER_SOURCE = { perSecond: 1 / 300, burst: 30 }
const OF_ALL = { known: { perSecond: 1 / 60, burst: 300 }, unknown: { perSecond: 1 / 120, burst: 100 } }

/**
 * Entries about attempts, as few as tell who tried what from where: whatever clients do, they add at most some 4,000 entries a
 * day, so they neither fill the disk nor make retention remove what is older.
 */
export function openRefusals({ write, now, monotonicMs, later }: Ports): Refusals {
  const counted = new Map<string, { attempt: Attempt; more: number }>()
  const sources = new Map<string, Rate>()
  const rates = Object.fromEntries(
    Object.entries(OF_ALL).map(([kind, { perSecond, burst }]) => [kind, new Rate(perSecond, burst, monotonicMs())]),
  )
  const beyond = new Map<string, { attempt: Attempt; count: number; sources: Set<string> }>()
  let pending: Promise<unknown> = Promise.resolve()

  const store = ({ act, outcome, code }: Attempt, changes: Partial<Pick<AuditContent, 'count' | 'reason'>> = {}) => {
    const content = contentOf(act, { at: now().toISOString(), outcome, code, ...changes })
    pending = pending.then(() => write(content))
  }
  const isWithin = (source: string, kind: string) => {
    const at = monotonicMs()
    if (sources.size >= MOST_KEYS && !sources.has(source)) sources.clear()
    const own = sources.get(source) ?? new Rate(PER_SOURCE.perSecond, PER_SOURCE.burst, at)
    sources.set(source, own)
    return own.tryTake(at) && rates[kind]?.tryTake(at) === true
  }
  const overflow = (attempt: Attempt, source: string, kind: string) => {
    const known = beyond.get(kind)
    if (known) {
      known.count++
      if (known.sources.size < MOST_KEYS) known.sources.add(source)
      return
    }
    beyond.set(kind, { attempt, count: 1, sources: new Set([source]) })
    later(OVERFLOW_MS, () => storeOverflow(kind))
  }
  const storeOverflow = (kind: string) => {
    const found = beyond.get(kind)
    beyond.delete(kind)
    if (!found) return
    const { attempt, count, sources: from } = found
    const reason = `${count} further attempts from ${from.size >= MOST_KEYS ? 'more than ' : ''}${from.size} sources, of which this was the first`
    store(attempt, { count, reason })
  }
  const storeMore = (key: string) => {
    const found = counted.get(key)
    counted.delete(key)
    if (!found || found.more === 0) return
    store(found.attempt, { count: found.more, reason: `${found.more} more like the one before` })
  }

  return {
    note(attempt) {
      const { act, code, isKnown } = attempt
      const kind = isKnown ? 'known' : 'unknown'
      const source = isKnown ? `${act.who.kind} ${act.who.name}` : (act.address ?? '')
      const key = JSON.stringify([kind, source, act.address, act.action, code])
      const known = counted.get(key)
      if (known) {
        known.more++
        return
      }
      if (counted.size >= MOST_KEYS || !isWithin(source, kind)) return overflow(attempt, source, kind)
      counted.set(key, { attempt, more: 0 })
      store(attempt)
      later(PERIOD_MS, () => storeMore(key))
    },
    async flush() {
      for (const key of [...counted.keys()]) storeMore(key)
      for (const kind of [...beyond.keys()]) storeOverflow(kind)
      await pending
    },
  }
}
