import { expect, it } from 'vitest'
import { Rate } from './rate.ts'

it('lets a burst through, then so many a second', () => {
  const rate = new Rate(50, 3, 0)
  expect([0, 0, 0, 0, 0].map((at) => rate.take(at))).toEqual([0, 0, 0, 20, 40])
  expect(rate.take(60)).toBe(0)
})

it('does not save up more than a burst', () => {
  const rate = new Rate(50, 2, 0)
  expect([9_000, 9_000, 9_000].map((at) => rate.take(at))).toEqual([0, 0, 20])
})

it('attempts that are refused do not delay later ones', () => {
  const slow = new Rate(1, 2, 0)
  const taken = Array.from({ length: 10_000 }, () => slow.tryTake(0)).filter((isTaken) => isTaken)
  expect(taken).toHaveLength(2)
  expect([500, 1_000, 1_001, 2_000].map((at) => slow.tryTake(at))).toEqual([false, true, false, true])
  const rate = new Rate(50, 2, 0)
  expect([0, 0, 0, 0, 0, 20].map((at) => rate.tryTake(at))).toEqual([true, true, false, false, false, true])
})

it('what costs more than a burst is accepted when nothing was taken for a while', () => {
  const rate = new Rate(50, 100, 0)
  expect(rate.tryTake(0, 200)).toBe(true)
  expect(rate.tryTake(3_999, 200)).toBe(false)
  expect(rate.tryTake(4_001, 200)).toBe(true)
})
