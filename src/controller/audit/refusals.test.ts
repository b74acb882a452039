import { expect, test } from 'vitest'
import type { AuditContent } from '../../protocol/audit/entry.ts'
import { type Attempt, openRefusals } from './refusals.ts'

function world() {
  let nowMs = 0
  const written: AuditContent[] = []
  let timers: { atMs: number; work(): void }[] = []
  const refusals = openRefusals({
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    later: (ms, work) => void timers.push({ atMs: nowMs + ms, work }),
    write: async (content) => void written.push(content),
  })
  const pass = (ms: number) => {
    nowMs += ms
    const due = timers.filter(({ atMs }) => atMs <= nowMs)
    timers = timers.filter(({ atMs }) => atMs > nowMs)
    for (const { work } of due) work()
  }
  return { refusals, written, pass, sum: () => written.reduce((all, { count }) => all + count, 0) }
}

const attempt = (name: string, address = '10.0.0.1', isKnown = true, path = 'x'): Attempt => ({
  act: {
    who: { kind: isKnown ? 'administrator' : 'unknown', name, id: null },
    ...{ address, action: 'resetCluster', request: `POST /${path}`, requestId: null, reason: null, target: {} },
  },
  ...{ outcome: 'refused', code: 'identity/revoked', isKnown },
})

test('the first attempt has an entry at once, and others like it have one together after a minute', async () => {
  const { refusals, written, pass } = world()
  for (let at = 0; at < 4_313; at++) refusals.note(attempt('alice'))
  refusals.note(attempt('bob'))
  pass(60_000)
  await refusals.flush()
  expect(written.map(({ who, count, reason }) => [who.name, count, reason])).toEqual([
    ['alice', 1, null],
    ['bob', 1, null],
    ['alice', 4_312, '4312 more like the one before'],
  ])
})

test('a day of attempts from 200 addresses with ever new names adds bounded bytes, and counts them all', async () => {
  const { refusals, written, pass, sum } = world()
  const minutes = 24 * 60
  for (let minute = 0; minute < minutes; minute++) {
    for (let at = 0; at < 200; at++)
      refusals.note(attempt(`name-${minute}-${at}`, `10.0.0.${at}`, false, 'p'.repeat(5_000)))
    pass(60_000)
  }
  await refusals.flush()
  expect(sum()).toBe(200 * minutes)
  expect(written.length).toBeLessThan(1_200)
  expect(Buffer.byteLength(JSON.stringify(written))).toBeLessThan(1_000_000)
})

test('those of clients that nobody knows leave room for those of others', async () => {
  const { refusals, written, pass } = world()
  for (let at = 0; at < 10_000; at++) refusals.note(attempt('', `2001:db8::${at}`, false))
  refusals.note(attempt('mallory'))
  pass(600_000)
  await refusals.flush()
  expect(written.filter(({ who }) => who.name === 'mallory')).toHaveLength(1)
  expect(written.at(-1)).toMatchObject({ count: 9_900, reason: expect.stringContaining('more than 1000 sources') })
})

test('one source does not use up what others have', async () => {
  const { refusals, written } = world()
  for (let at = 0; at < 100; at++) refusals.note(attempt('mallory', `10.0.0.${at}`))
  refusals.note(attempt('bob'))
  await refusals.flush()
  expect(written.filter(({ who }) => who.name === 'bob')).toHaveLength(1)
  expect(written.filter(({ who }) => who.name === 'mallory')).toHaveLength(31)
})
