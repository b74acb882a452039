import { pauseMs, type RetryPolicy } from '../../base/retry.ts'

/** Why the last try to hold a connection ended. */
export type LinkEnd =
  /** It could not be made, or was lost after `stableMs`. */
  | { kind: 'lost'; stableMs: number }
  /** The controller asked for peace, e.g. before it restarts. */
  | { kind: 'drain'; spreadMs: number }
  /** The controller said no: unknown node, revoked, no version in common. */
  | { kind: 'refused' }

export interface Backoff {
  /** Tries in a row that did not hold. */
  failures: number
  refusals: number
}

export const FRESH: Backoff = { failures: 0, refusals: 0 }

const STABLE_MS = 60_000
const FIRST_MS = 5_000
const LOST: RetryPolicy = { firstMs: 1_000, factor: 2, longestMs: 64_000, spread: [0, 1] }
const REFUSED: RetryPolicy = { firstMs: 30_000, factor: 2, longestMs: 15 * 60_000, spread: [0.5, 1] }

/**
 * How long to wait before the next try: uniform(0, min(64 s, 1 s · 2ⁿ)); the first after a connection that had held for
 * 60 s uniform(0, 5 s); after a refusal up to 15 min. `random` gives [0, 1).
 */
export function nextDelay(backoff: Backoff, end: LinkEnd, random: () => number): { delayMs: number; next: Backoff } {
  switch (end.kind) {
    case 'drain':
      return { delayMs: random() * end.spreadMs, next: FRESH }
    case 'refused': {
      const refusals = backoff.refusals + 1
      return { delayMs: pauseMs(REFUSED, refusals, random), next: { failures: 0, refusals } }
    }
    case 'lost': {
      if (end.stableMs >= STABLE_MS) return { delayMs: random() * FIRST_MS, next: FRESH }
      const failures = backoff.failures + 1
      return { delayMs: pauseMs(LOST, failures, random), next: { failures, refusals: 0 } }
    }
  }
}
