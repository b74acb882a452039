import { beforeEach, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../../../test/support/manual-clock.ts'
import { DOWNLOADS_PER_IDENTITY, STALLED_MS } from '../limits.ts'
import { type BeginDownload, openDownloads } from './downloads.ts'

let clock: ManualClock
let begin: BeginDownload
let stalled: string[]
let closed: number[]
beforeEach(() => {
  clock = manualClock()
  stalled = []
  closed = []
  begin = openDownloads({
    ...{ most: DOWNLOADS_PER_IDENTITY, limitMs: 30_000, monotonicMs: clock.monotonicMs, later: clock.later },
    onStalled: (of) => stalled.push(of),
  })
})
const start = (count: number, of: string) =>
  Array.from({ length: count }, (_, at) => begin(of, () => void closed.push(at)))

it('a node has four, and another one its own', () => {
  const [first] = start(DOWNLOADS_PER_IDENTITY, 'n-1')
  expect(() => start(1, 'n-1')).toThrow(expect.objectContaining({ code: 'limit/downloads' }))
  start(1, 'n-2')
  first?.ended()
  start(1, 'n-1')
  expect(closed).toEqual([])
})

it('a further one takes the place of the one that has not moved for the longest time', () => {
  const all = start(DOWNLOADS_PER_IDENTITY, 'n-1')
  clock.advance(STALLED_MS - 1)
  for (const at of [0, 1, 3]) all[at]?.drained()
  expect(() => start(1, 'n-1')).toThrow()
  clock.advance(1)
  start(1, 'n-1')
  expect(closed).toEqual([2])
  expect(() => start(1, 'n-1')).toThrow()
})

it('one ends 30 s after the client received the last bytes', () => {
  const [download] = start(1, 'n-1')
  clock.advance(29_000)
  download?.drained()
  clock.advance(29_999)
  expect(stalled).toEqual([])
  clock.advance(1)
  expect([stalled, closed]).toEqual([['n-1'], [0]])
})

it('one that is complete does not', () => {
  start(1, 'n-1')[0]?.ended()
  clock.advance(60_000)
  expect([stalled, closed]).toEqual([[], []])
})
