import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openTicks } from './ticks.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('leaves out what is due during longer work, and ends with the current work', async () => {
  const ends: (() => void)[] = []
  const ticks = openTicks(5_000, () => new Promise((resolve) => ends.push(resolve)))
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(ends.length).toBe(1)
  ends[0]?.()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(ends.length).toBe(2)
  let isStopped = false
  const stopped = ticks.stop().then(() => {
    isStopped = true
  })
  await vi.advanceTimersByTimeAsync(60_000)
  expect([ends.length, isStopped]).toEqual([2, false])
  ends[1]?.()
  await stopped
})
