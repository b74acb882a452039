import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openTimers } from './timers.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('calls once, and nothing after they were cleared', () => {
  const { later, clear } = openTimers()
  const called: string[] = []
  later(100, () => called.push('early'))
  later(300, () => called.push('late'))
  vi.advanceTimersByTime(200)
  clear()
  later(1, () => called.push('after'))
  vi.advanceTimersByTime(1_000)
  expect(called).toEqual(['early'])
  expect(vi.getTimerCount()).toBe(0)
})
