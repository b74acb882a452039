import { expect, test } from 'vitest'
import { barsOf } from './bars.ts'

const at = (second: number) => new Date(second * 1_000).toISOString()

test('bars lie where their time is, a running one ends now, and none is too short to see', () => {
  const bars = barsOf(
    [
      { state: 'done', startedAt: at(0), endedAt: at(50) },
      { state: 'running', startedAt: at(50), endedAt: null },
      { state: 'done', startedAt: at(100), endedAt: at(100) },
      { state: 'pending', startedAt: null, endedAt: null },
    ],
    100_000,
  )
  expect(bars).toEqual([{ start: 0, width: 50 }, { start: 50, width: 50 }, { start: 99, width: 1 }, undefined])
  expect(barsOf([{ state: 'pending', startedAt: null, endedAt: null }], 0)).toEqual([undefined])
})
