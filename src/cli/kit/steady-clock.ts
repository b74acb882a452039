import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../../base/retry.ts'

/** Monotonic: a change of the system clock makes no wait longer or shorter. */
export const STEADY_CLOCK: Clock = {
  now: () => new Date(performance.timeOrigin + performance.now()),
  sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
}
