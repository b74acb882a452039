import { beforeEach, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../../../test/support/manual-clock.ts'
import { ENDED_BURST, ENDED_PER_SECOND, SLOWED_HANDSHAKES_PER_SECOND, SLOWED_MS } from '../limits.ts'
import { type Offenders, openOffenders } from './offenders.ts'

let clock: ManualClock
let offenders: Offenders
beforeEach(() => {
  clock = manualClock()
  offenders = openOffenders(clock.monotonicMs)
})

function end(times: number, address = '10.0.0.1') {
  for (let each = 0; each < times; each++) offenders.ended(address)
}
/** How many handshakes the address begins within a second. */
function begunInASecond(address = '10.0.0.1'): number {
  let begun = 0
  for (let ms = 0; ms < 1_000; ms++) {
    clock.advance(1)
    if (offenders.mustWait(address)) continue
    offenders.begun(address)
    begun++
  }
  return begun
}

it('an address whose connections end because of a limit again and again is slowed down for a while, evenly', () => {
  end(ENDED_BURST)
  expect(begunInASecond()).toBe(1_000)
  end(ENDED_PER_SECOND + 1)
  expect(begunInASecond()).toBe(SLOWED_HANDSHAKES_PER_SECOND)
  expect(begunInASecond('10.0.0.2')).toBe(1_000)
  clock.advance(SLOWED_MS)
  expect(begunInASecond()).toBe(1_000)
})

it('an address is forgotten when many others came after it', () => {
  end(ENDED_BURST + 1)
  offenders.begun('10.0.0.1')
  expect(offenders.mustWait('10.0.0.1')).toBe(true)
  for (let each = 0; each < 1_000; each++) end(1, `10.1.${each >> 8}.${each & 255}`)
  expect(offenders.mustWait('10.0.0.1')).toBe(false)
})
