import type { Timing } from '../../protocol/wire/pair-check.ts'

/** One answered ping: times by the wall clocks of both machines, and the duration by a monotonic clock. */
export interface RoundTrip {
  sentAtMs: number
  receivedThereMs: number
  sentThereMs: number
  /** From sending to receiving, including the time that the peer took. */
  tookMs: number
}

/** Median and 99th percentile. The clock offset is that of the fastest round trip, which is the most exact (RFC 5905, 10). */
export function timingOf(trips: readonly RoundTrip[], lost: number): Timing | undefined {
  const measured = trips
    .map((trip) => {
      const onTheWayMs = Math.max(0, trip.tookMs - (trip.sentThereMs - trip.receivedThereMs))
      return { ms: onTheWayMs, offsetMs: trip.receivedThereMs - (trip.sentAtMs + onTheWayMs / 2) }
    })
    .sort((a, b) => a.ms - b.ms)
  const at = (share: number) => measured[Math.ceil(share * measured.length) - 1]?.ms ?? 0
  const [quickest] = measured
  if (!quickest) return undefined
  return { roundTrips: measured.length, lost, medianMs: at(0.5), p99Ms: at(0.99), offsetMs: quickest.offsetMs }
}
