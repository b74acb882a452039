import { expect, it } from 'vitest'
import { openMissingBundles } from './missing-bundles.ts'

const OTHERS = [
  { id: 'b', urls: ['https://b:1'], version: '1', bundles: [{ sha256: 'ab', publicKey: 'key' }] },
  { id: 'c', urls: ['https://c:1'], version: '1', bundles: [{ sha256: 'ab', publicKey: 'key' }] },
]

/** Looks every 5 s, as heartbeats do, for `ms`; returns the URLs from which a fetch began. */
function scene(fetch: () => Promise<void>, deleted: string[] = []) {
  let nowMs = 0
  const asked: string[] = []
  const bundles = { refresh: async () => undefined, shared: () => [], deleted: async () => deleted }
  const look = openMissingBundles(
    { bundles: bundles as never, now: () => new Date(nowMs), log: () => undefined },
    { dataDirectory: '/data', adminFile: '/data/admin.json' },
    async ({ url }) => {
      asked.push(url)
      await fetch()
    },
  )
  return async (ms: number) => {
    asked.length = 0
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 5_000) await look(OTHERS)
    return [...asked]
  }
}

it('fetches a bundle once, from the first controller that gives it', async () => {
  const look = scene(async () => undefined)
  expect(await look(60_000)).toEqual(['https://b:1'])
})

it('does not fetch one again at once that no controller gives whole: it can have gigabytes', async () => {
  const look = scene(() => Promise.reject(new Error('it is not closed')))
  expect(await look(10_000)).toEqual(['https://b:1', 'https://c:1'])
  expect((await look(60_000)).length, 'after 10 s and after 30 s').toBe(4)
  await look(6 * 3_600_000)
  expect((await look(3_600_000)).length, 'after a while, once an hour').toBe(2)
})

it('does not fetch one that was deleted here before the start', async () => {
  expect(await scene(async () => undefined, ['ab'])(60_000)).toEqual([])
})
