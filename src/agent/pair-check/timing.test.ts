import { expect, test } from 'vitest'
import { timingOf } from './timing.ts'

/** A peer whose clock is `ahead`, and that is `there` and `back` ms away; it takes 1 ms to answer. */
const trip = (ahead: number, there: number, back: number) => ({
  sentAtMs: 1_000,
  receivedThereMs: 1_000 + there + ahead,
  sentThereMs: 1_001 + there + ahead,
  tookMs: there + 1 + back,
})

test("subtracts half the round trip from the offset, and the peer's time from the round trip", () => {
  expect(timingOf([trip(250, 40, 40)], 0)).toEqual({ roundTrips: 1, lost: 0, medianMs: 80, p99Ms: 80, offsetMs: 250 })
  expect(timingOf([trip(-7_000, 3, 3)], 2)).toMatchObject({ lost: 2, offsetMs: -7_000 })
})

test('the fastest round trip gives the offset; reports the slowest of a hundred', () => {
  const trips = [trip(10, 900, 1), ...Array.from({ length: 98 }, () => trip(10, 2, 2)), trip(10, 1, 1)]
  expect(timingOf(trips, 0)).toEqual({ roundTrips: 100, lost: 0, medianMs: 4, p99Ms: 4, offsetMs: 10 })
  expect(timingOf([...trips.slice(0, 49), trip(10, 1, 1)], 0)).toMatchObject({ p99Ms: 901, offsetMs: 10 })
})

test('a clock change gives no negative round trip; no trips give no timing', () => {
  expect(timingOf([{ sentAtMs: 0, receivedThereMs: 0, sentThereMs: 50, tookMs: 1 }], 0)?.medianMs).toBe(0)
  expect(timingOf([], 3)).toBeUndefined()
})
