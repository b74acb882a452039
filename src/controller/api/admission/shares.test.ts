import { expect, test } from 'vitest'
import { manualClock } from '../../../../test/support/manual-clock.ts'
import { openShares } from './shares.ts'

type Client = Parameters<ReturnType<typeof openShares>['change']>[0]
const person = (name: string, creator?: string): Client =>
  ({ kind: 'user', name, principal: { kind: 'token', name }, ...(creator && { creator }) }) as unknown as Client

function opened() {
  const clock = manualClock()
  const shares = openShares(clock.monotonicMs)
  /** How many of the changes were admitted. */
  const change = (client: Client, times: number, bytes = 100) => {
    for (let at = 0; at < times; at++) {
      try {
        shares.change(client)
      } catch (error) {
        expect(error).toMatchObject({ code: 'limit/changes' })
        return at
      }
      shares.changed(client, bytes)
    }
    return times
  }
  return { clock, shares, change }
}

test('many changes at once, then two per second; others have their own share', () => {
  const { clock, change } = opened()
  expect(change(person('ci'), 10_000)).toBe(3_001)
  expect(change(person('ann'), 10)).toBe(10)
  clock.advance(60_000)
  expect(change(person('ci'), 10_000)).toBe(120)
})

test('large entries count by their bytes', () => {
  const { clock, change } = opened()
  expect(change(person('ci'), 1_000, 1024 * 1024)).toBe(17)
  clock.advance(60_000)
  expect(change(person('ci'), 1_000, 1024 * 1024)).toBe(0)
})

test('the tokens of one person count together', () => {
  const { change } = opened()
  const admitted = Array.from({ length: 6 }, (_, at) => change(person(`t-${at}`, 'ann'), 3_001))
  expect(admitted).toEqual([3_001, 3_001, 3_001, 2_998, 0, 0])
})

test('a request that changes nothing is free', () => {
  const { shares } = opened()
  for (let at = 0; at < 10_000; at++) shares.change(person('ci'))
})

test('few uploads are open at once; one that ends makes room, and others have their own share', () => {
  const { shares } = opened()
  const [end] = Array.from({ length: 4 }, () => shares.upload(person('ci')))
  expect(() => shares.upload(person('ci'))).toThrow('ci sends more than 4 parts of archives at once')
  shares.upload(person('ann'))
  end?.()
  end?.()
  shares.upload(person('ci'))
  expect(() => shares.upload(person('ci'))).toThrow('at once')
})
