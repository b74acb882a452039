import { expect, it } from 'vitest'
import { Rate } from './rate.ts'

it('lets a burst through, then so many a second', () => {
  const rate = new Rate(50, 3, 0)
  expect([0, 0, 0, 0, 0].map((at) => rate.take(at))).toEqual([0, 0, 0, 20, 40])
  expect(rate.take(60)).toBe(0)
})

it('refuses what exceeds the rate without a debt', () => {
  const rate = new Rate(1, 2, 0)
  const taken = Array.from({ length: 10_000 }, () => rate.takeIfThere(0)).filter((isTaken) => isTaken)
  expect(taken).toHaveLength(2)
  expect([500, 1_000, 1_001, 2_000].map((at) => rate.takeIfThere(at))).toEqual([false, true, false, true])
})

it('does not save up more than a burst', () => {
  const rate = new Rate(50, 2, 0)
  expect([9_000, 9_000, 9_000].map((at) => rate.take(at))).toEqual([0, 0, 20])
})
