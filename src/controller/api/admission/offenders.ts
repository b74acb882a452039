import { Rate } from '../../rate.ts'
import { ENDED_BURST, ENDED_PER_SECOND, SLOWED_HANDSHAKES_PER_SECOND, SLOWED_MS } from '../limits.ts'

/** Addresses from which clients connect again and again though their connections end because of a limit. */
export interface Offenders {
  /** A connection of this address has ended so. */
  ended(address: string): void
  /** Whether the next handshake of this address is not due yet. */
  mustWait(address: string): boolean
  /** A handshake of this address has begun. */
  begun(address: string): void
}

interface Offender {
  ended: Rate
  slowedUntilMs: number
  nextMs: number
}

const MOST_REMEMBERED = 1_000

/**
 * A handshake costs more than the refusal after it. So an address that does not stop is slowed down, and evenly: a burst would
 * delay all others. It is not refused, because other machines may share it.
 */
export function openOffenders(monotonicMs: () => number): Offenders {
  const known = new Map<string, Offender>()
  const slowed = (address: string): Offender | undefined => {
    const offender = known.get(address)
    return offender && monotonicMs() < offender.slowedUntilMs ? offender : undefined
  }
  return {
    ended(address) {
      const nowMs = monotonicMs()
      const own = known.get(address) ?? {
        ended: new Rate(ENDED_PER_SECOND, ENDED_BURST, nowMs),
        ...{ slowedUntilMs: 0, nextMs: 0 },
      }
      known.delete(address)
      known.set(address, own)
      const [oldest] = known.keys()
      if (known.size > MOST_REMEMBERED && oldest !== undefined) known.delete(oldest)
      if (!own.ended.tryTake(nowMs)) own.slowedUntilMs = nowMs + SLOWED_MS
    },
    mustWait: (address) => monotonicMs() < (slowed(address)?.nextMs ?? 0),
    begun(address) {
      const offender = slowed(address)
      if (offender) offender.nextMs = monotonicMs() + 1_000 / SLOWED_HANDSHAKES_PER_SECOND
    },
  }
}
