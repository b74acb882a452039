import { setTimeout } from 'node:timers/promises'
import type { RetryPolicy } from '../base/retry.ts'

/** For consecutive failures of the API server or the controller. */
export const POLICY: RetryPolicy = { firstMs: 1_000, factor: 2, longestMs: 30_000, spread: [0.5, 1] }

/** Resolves early when aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
