import { pauseMs, type RetryPolicy } from '../../base/retry.ts'

/** Why the last connection ended. */
export type LinkEnd =
  /** It could not be opened, or was lost after `stableMs`. */
  | { kind: 'lost'; stableMs: number }
  /** The controller asked the agent to disconnect, e.g. before it restarts. */
  | { kind: 'drain'; spreadMs: number }
  /** The controller refused: unknown node, revoked certificate, or no common protocol version. */
  | { kind: 'refused' }

export interface Backoff {
  /** Consecutive connections that failed or were lost. */
  failures: number
  refusals: number
}

export const FRESH: Backoff = { failures: 0, refusals: 0 }

const STABLE_MS = 60_000
const FIRST_MS = 5_000
const LOST: RetryPolicy = { firstMs: 1_000, factor: 2, longestMs: 64_000, spread: [0, 1] }
const REFUSED: RetryPolicy = { firstMs: 30_000, factor: 2, longestMs: 15 * 60_000, spread: [0.5, 1] }

/**
 * Delay before the next try: uniform(0, min(64 s, 1 s · 2ⁿ)); uniform(0, 5 s) for the first try after a connection of at
 * least 60 s; up to 15 min after a refusal. `random` returns [0, 1).
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
