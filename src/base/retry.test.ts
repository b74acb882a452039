import { expect, test } from 'vitest'
import { pauseMs, poll, type RetryPolicy, retry } from './retry.ts'

function fakeClock() {
  let nowMs = 0
  const pauses: number[] = []
  const now = () => new Date(nowMs)
  const sleep = async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted()
    pauses.push(ms)
    nowMs += ms
  }
  return { pauses, clock: { now, sleep } }
}

const always = () => true

test.each<[string, RetryPolicy, number[]]>([
  ['alike', { firstMs: 250 }, [250, 250, 250, 250]],
  ['growing', { firstMs: 1_000, factor: 2 }, [1_000, 2_000, 4_000, 8_000]],
  ['growing up to the longest', { firstMs: 1_000, factor: 2, longestMs: 3_000 }, [1_000, 2_000, 3_000, 3_000]],
])('pauses are %s', (_, policy, wanted) => {
  expect([1, 2, 3, 4].map((failures) => pauseMs(policy, failures))).toEqual(wanted)
})

test('a pause is spread by a random number, also the longest', () => {
  const policy: RetryPolicy = { firstMs: 1_000, factor: 2, longestMs: 4_000, spread: [0.5, 1] }
  expect(pauseMs(policy, 1, () => 0)).toBe(500)
  expect(pauseMs(policy, 2, () => 0.5)).toBe(1_500)
  expect(pauseMs(policy, 5_000, () => 0)).toBe(2_000)
})

test('tries until it succeeds', async () => {
  const { clock, pauses } = fakeClock()
  const attempt = async (number: number) => {
    if (number < 4) throw new Error(`try ${number}`)
    return `try ${number}`
  }
  expect(await retry({ firstMs: 100, factor: 3 }, attempt, { clock, mayPass: always })).toBe('try 4')
  expect(pauses).toEqual([100, 300, 900])
})

test.each<[string, RetryPolicy, string]>([
  ['by the number of tries', { firstMs: 100, tries: 3 }, 'try 3'],
  ['by time', { firstMs: 100, withinMs: 400 }, 'try 6'],
])('ends %s, with the last error and without a pause after it', async (_, policy, wanted) => {
  const { clock, pauses } = fakeClock()
  const attempt = async (number: number) => {
    throw new Error(`try ${number}`)
  }
  await expect(retry(policy, attempt, { clock, mayPass: always })).rejects.toThrow(wanted)
  expect(pauses).toHaveLength(Number(wanted.slice(4)) - 1)
})

test('a permanent error ends it at once', async () => {
  const { clock, pauses } = fakeClock()
  const attempt = async (number: number) => {
    throw new Error(number === 2 ? 'for good' : 'passes')
  }
  const mayPass = (error: unknown) => (error as Error).message === 'passes'
  await expect(retry({ firstMs: 100 }, attempt, { clock, mayPass })).rejects.toThrow('for good')
  expect(pauses).toEqual([100])
})

test('it ends with the reason of the signal, whatever the attempt throws', async () => {
  const { clock } = fakeClock()
  const stop = new AbortController()
  const attempt = async () => {
    stop.abort(new Error('stopped'))
    throw new Error('the connection was closed')
  }
  const options = { clock, signal: stop.signal, mayPass: always }
  await expect(retry({ firstMs: 100 }, attempt, options)).rejects.toThrow('stopped')
})

test('a look is repeated until it returns a value, including false', async () => {
  const { clock, pauses } = fakeClock()
  expect(await poll({ firstMs: 10 }, async (number) => (number < 3 ? undefined : false), { clock })).toBe(false)
  expect(pauses).toEqual([10, 10])
  expect(await poll({ firstMs: 10, tries: 2 }, async () => undefined, { clock })).toBeUndefined()
})
