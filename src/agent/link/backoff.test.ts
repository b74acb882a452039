import { expect, test } from 'vitest'
import { FRESH, type LinkEnd, nextDelay } from './backoff.ts'

const almostOne = () => 0.999999
const lost: LinkEnd = { kind: 'lost', stableMs: 0 }

function ceilings(end: LinkEnd, count: number): number[] {
  let backoff = FRESH
  return Array.from({ length: count }, () => {
    const { delayMs, next } = nextDelay(backoff, end, almostOne)
    backoff = next
    return Math.round(delayMs / 1000)
  })
}

test('the ceiling doubles up to 64 s', () => {
  expect(ceilings(lost, 8)).toEqual([1, 2, 4, 8, 16, 32, 64, 64])
})

test('any delay down to 0 is possible', () => {
  expect(nextDelay({ failures: 9, refusals: 0 }, lost, () => 0).delayMs).toBe(0)
})

test('after a connection of a minute, the next try is within 5 s', () => {
  const { delayMs, next } = nextDelay({ failures: 6, refusals: 0 }, { kind: 'lost', stableMs: 60_000 }, almostOne)
  expect(delayMs).toBeLessThan(5_000)
  expect(next).toEqual(FRESH)
})

test('a drain spreads the agents over its time', () => {
  expect(nextDelay(FRESH, { kind: 'drain', spreadMs: 20_000 }, () => 0.5).delayMs).toBe(10_000)
})

test('refused nodes retry at increasing intervals, up to 15 min, and never at once', () => {
  expect(ceilings({ kind: 'refused' }, 7)).toEqual([30, 60, 120, 240, 480, 900, 900])
  expect(nextDelay(FRESH, { kind: 'refused' }, () => 0).delayMs).toBe(15_000)
})

test('thousands of failures do not overflow', () => {
  expect(nextDelay({ failures: 5_000, refusals: 5_000 }, lost, almostOne).delayMs).toBeLessThanOrEqual(64_000)
})
