import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { buildParts } from './build-parts.ts'
import { type Cache, directoryOf, type Part } from './cache.ts'

let lines: string[]
let cache: Cache
beforeEach(() => {
  lines = []
  cache = { directory: mkdtempSync(join(tmpdir(), 'parts-')), progress: (line) => lines.push(line) }
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(cache.directory, { recursive: true })
})

/** Seconds pass as parts are built. */
function clock() {
  let now = 0
  return {
    now: () => now,
    pass(seconds: number) {
      now += seconds * 1_000
    },
  }
}

const part = (name: string, seconds: number, make: () => unknown = () => undefined): Part => ({
  ...{ name, recipe: { name }, seconds },
  async make(directory) {
    await make()
    writeFileSync(join(directory, 'out'), name)
  },
})

test('prints an estimate for the missing parts, then one line for each; the second build prints nothing', async () => {
  const { now, pass } = clock()
  const parts = [
    [part('base', 8, () => pass(9))],
    [part('small', 30, () => pass(45)), part('large', 440, () => pass(395))],
  ]
  await buildParts(parts, { cache, lanes: 1, now })
  expect(lines).toEqual([
    'Building 3 of 3 parts from source, up to 7 min 58 s on two cores (each is built once and cached): base, large, small',
    '[1/3] base built in 9 s; 9 s so far',
    '[2/3] large built in 6 min 35 s; 6 min 44 s so far',
    '[3/3] small built in 45 s; 7 min 29 s so far',
  ])
  lines.length = 0
  await buildParts(parts, { cache, lanes: 1, now })
  expect(lines).toEqual([])
  await buildParts([...parts, [part('new', 1_350)]], { cache, lanes: 1, now })
  expect(lines[0]).toMatch(/^Building 1 of 4 parts from source, up to 23 min on two cores .*: new$/)
})

test('two lanes build two parts at once, and stages one after another', async () => {
  const events: string[] = []
  const slow = (name: string) =>
    part(name, 10, async () => {
      events.push(`${name} begins`)
      await sleep(20)
      events.push(`${name} ends`)
    })
  await buildParts([[slow('a'), slow('b')], [slow('c')]], { cache, lanes: 2, now: () => 0 })
  expect(events.slice(0, 2).sort()).toEqual(['a begins', 'b begins'])
  expect(events.slice(2, 4).sort()).toEqual(['a ends', 'b ends'])
  expect(events.slice(4)).toEqual(['c begins', 'c ends'])
})

test('running builds are reported each minute', async () => {
  const { now, pass } = clock()
  const { promise, resolve } = Promise.withResolvers<void>()
  const built = buildParts([[part('kubernetes', 440, () => promise)]], { cache, lanes: 2, now })
  await vi.waitUntil(() => lines.length === 1)
  pass(60)
  vi.advanceTimersByTime(60_000)
  expect(lines.at(-1)).toBe('still building kubernetes; 1 min so far')
  resolve()
  await built
})

test('after a failure no part starts, running parts finish, and finished parts are kept', async () => {
  const begun: string[] = []
  const parts = [
    part('fine', 3, () => begun.push('fine') && sleep(20)),
    part('broken', 2, async () => Promise.reject(new Error('no compiler'))),
    part('later', 1, () => begun.push('later')),
  ]
  await expect(buildParts([parts], { cache, lanes: 2, now: () => 0 })).rejects.toThrow('no compiler')
  expect(begun).toEqual(['fine'])
  expect(readdirSync(cache.directory).map((name) => join(cache.directory, name))).toEqual([
    directoryOf(cache, { name: 'fine', recipe: { name: 'fine' } }),
  ])
})
