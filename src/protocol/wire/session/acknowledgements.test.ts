import { beforeEach, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../../../test/support/manual-clock.ts'
import { type Acknowledgements, acknowledgements } from './acknowledgements.ts'

let clock: ManualClock
let acks: Acknowledgements
let sentAtMs: number[]

beforeEach(() => {
  clock = manualClock()
  sentAtMs = []
  // As a session does: whatever it sends carries an acknowledgement.
  const send = () => {
    sentAtMs.push(clock.monotonicMs())
    acks.sent()
  }
  acks = acknowledgements({ send, later: clock.later })
})

it('acknowledges a second after the first message', () => {
  acks.stored(1)
  clock.advance(600)
  acks.stored(1)
  clock.advance(10_000)
  expect(sentAtMs).toEqual([1_000])
})

it('acknowledges after 16 messages', () => {
  for (let count = 0; count < 15; count++) acks.stored(1)
  expect(sentAtMs).toEqual([])
  acks.stored(1)
  acks.stored(20)
  expect(sentAtMs).toEqual([0, 0])
})

it('acknowledges at once what the peer waits for', () => {
  acks.stored(1, true)
  clock.advance(10_000)
  expect(sentAtMs).toEqual([0])
})

it('sends nothing where another message carried the acknowledgement', () => {
  acks.stored(3)
  acks.sent()
  clock.advance(10_000)
  expect(sentAtMs).toEqual([])
  acks.stored(1)
  clock.advance(1_000)
  expect(sentAtMs).toEqual([11_000])
})
