import { beforeEach, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../../../test/support/manual-clock.ts'
import { BYTE_BURST, BYTES_PER_SECOND, MESSAGE_BURST, WINDOW } from '../../../protocol/wire/session/limits.ts'
import { openThrottle, type Throttle } from './throttle.ts'

let clock: ManualClock
let throttle: Throttle
let isReading: boolean
beforeEach(() => {
  clock = manualClock()
  isReading = true
  throttle = openThrottle({
    nowMs: clock.monotonicMs,
    later: clock.later,
    pause: () => {
      isReading = false
    },
    resume: () => {
      isReading = true
    },
  })
})

const arrive = (count: number, bytes = 6) => Array.from({ length: count }, () => throttle.arrived(bytes)).every(Boolean)

it('reads a burst, then 50 messages a second', () => {
  arrive(MESSAGE_BURST)
  expect(isReading).toBe(true)
  arrive(50)
  expect(isReading).toBe(false)
  clock.advance(999)
  expect(isReading).toBe(false)
  clock.advance(1)
  expect(isReading).toBe(true)
})

it('reads a burst of bytes, then 256 KiB a second', () => {
  arrive(8, BYTE_BURST / 8)
  expect(isReading).toBe(true)
  arrive(1, BYTES_PER_SECOND)
  clock.advance(999)
  expect(isReading).toBe(false)
  clock.advance(1)
  expect(isReading).toBe(true)
})

it('what arrives while reading is paused counts', () => {
  arrive(MESSAGE_BURST + 50)
  clock.advance(500)
  arrive(50)
  clock.advance(1_499)
  expect(isReading).toBe(false)
  clock.advance(1)
  expect(isReading).toBe(true)
})

it('many messages that wait for the store stop reading, also when the rate permits it', () => {
  for (let count = 0; count < 2 * WINDOW; count++) throttle.queued()
  expect(isReading).toBe(false)
  arrive(MESSAGE_BURST + 1)
  clock.advance(60_000)
  expect(isReading).toBe(false)
  throttle.handled(1)
  expect(isReading).toBe(true)
})

it('what is held is not read, also when the rate permits it again', () => {
  throttle.hold(true)
  expect(isReading).toBe(false)
  arrive(MESSAGE_BURST + 1)
  clock.advance(60_000)
  expect(isReading).toBe(false)
  throttle.hold(false)
  expect(isReading).toBe(true)
})

it('a read full of tiny frames ends the session; what an agent sends does not', () => {
  expect(arrive(MESSAGE_BURST + 2 * WINDOW, 80)).toBe(true)
  expect(arrive(64 * 1024, 2)).toBe(false)
})
