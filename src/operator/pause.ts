import { setTimeout } from 'node:timers/promises'

/** How long to wait after so many failures in a row: doubling up to 30 s, half of it by chance. */
export function pauseMs(failures: number, random: () => number): number {
  return Math.min(30_000, 1_000 * 2 ** Math.min(failures, 10)) * (0.5 + random() / 2)
}

/** Ends early, and quietly, when aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
