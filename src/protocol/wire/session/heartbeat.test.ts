import { expect, it } from 'vitest'
import { manualClock } from '../../../../test/support/manual-clock.ts'
import { heartbeat, watchSilence } from './heartbeat.ts'
import { heartbeatMs } from './limits.ts'

it('beats after each pause, until it is stopped', () => {
  const clock = manualClock()
  const pauses = [100, 300, 200, 100]
  const beats: number[] = []
  heartbeat({
    later: clock.later,
    pauseMs: () => pauses[beats.length] ?? 0,
    beat: () => beats.push(clock.monotonicMs()) < 3,
  })
  clock.advance(10_000)
  expect(beats).toEqual([100, 400, 600])
})

it.each([
  [0, 24_000],
  [0.5, 30_000],
  [1, 36_000],
])('a pause is 30 s plus or minus 20 percent (%d)', (random, ms) => {
  expect(Math.round(heartbeatMs(() => random))).toBe(ms)
  expect(Math.round(heartbeatMs(() => random, 1_000) * 30)).toBe(ms)
})

function silenceOf(limitMs: number) {
  const clock = manualClock()
  const endedAtMs: number[] = []
  const onLimit = () => void endedAtMs.push(clock.monotonicMs())
  const silence = watchSilence({ limitMs, onLimit, ...clock })
  return { clock, silence, endedAtMs }
}

it('reports a peer that was silent for the limit, once', () => {
  const { clock, endedAtMs } = silenceOf(75_000)
  clock.advance(74_999)
  expect(endedAtMs).toEqual([])
  clock.advance(500_000)
  expect(endedAtMs).toEqual([75_000])
})

it('counts the silence from whatever came last', () => {
  const { clock, silence, endedAtMs } = silenceOf(75_000)
  for (const ms of [30_000, 74_000, 1]) {
    clock.advance(ms)
    silence.broken()
  }
  clock.advance(500_000)
  expect(endedAtMs).toEqual([104_001 + 75_000])
})
