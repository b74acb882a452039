import type { BigIntStats } from 'node:fs'

/** A kernel counts the times of files in ticks of at most 10 ms: a file that was changed just now could change again unseen. */
const SETTLED_MS = 1000n
const MOST = 256

const known = new Map<string, string>()

/**
 * The sum of a file that this process has read before, or undefined. Every change of a file gives it another change time, which
 * only a change of the machine's clock can set; a file whose last change is less than a second ago is read each time.
 */
export function knownSum(stats: BigIntStats, nowMs: number): string | undefined {
  return isSettled(stats, nowMs) ? known.get(keyOf(stats)) : undefined
}

/** @param stats of the open file, taken before it was read; a change while it is read gives it another key */
export function rememberSum(stats: BigIntStats, sum: string, nowMs: number): void {
  if (!isSettled(stats, nowMs)) return
  if (known.size >= MOST) known.clear()
  known.set(keyOf(stats), sum)
}

const keyOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats) => [dev, ino, size, mtimeNs, ctimeNs].join(' ')
const isSettled = ({ ctimeMs }: BigIntStats, nowMs: number) => ctimeMs + SETTLED_MS < BigInt(Math.trunc(nowMs))
