import { expect, test } from 'vitest'
import type { LogEntry } from '../../../protocol/api/events.ts'
import { entryLine, levelOf } from './entry-text.ts'
import { MOST_ENTRIES, merged } from './use-log.ts'

const AT = '2026-01-01T00:00:00.000Z'
const entry = (seq: number, event: object = { kind: 'log', at: AT, level: 'info', message: `line ${seq}` }) =>
  ({ seq, at: AT, cluster: 'demo', node: { id: 'n', name: 'n1' }, run: 'r', event }) as LogEntry
const numbers = (entries: readonly LogEntry[]) => entries.map(({ seq }) => seq)

test('events that come while earlier ones are loaded are there once, in their order', () => {
  const live = merged([], [entry(5)])
  const loaded = merged(live, [entry(3), entry(4), entry(5)])
  expect(numbers(loaded)).toEqual([3, 4, 5])
  expect(numbers(merged(loaded, [entry(6)]))).toEqual([3, 4, 5, 6])
  expect(merged(loaded, [])).toBe(loaded)
})

test('of too many events the last are kept', () => {
  const many = Array.from({ length: MOST_ENTRIES + 5 }, (_, at) => entry(at + 1))
  expect(merged([], many)[0]?.seq).toBe(6)
})

test('each event is one line', () => {
  const error = { code: 'x', message: 'the disk is full', fix: 'free it' }
  const failed = entry(1, { kind: 'step-failed', at: AT, step: 'disk/mount', error })
  expect(entryLine(failed)).toBe(`${AT} n1 error disk/mount: the disk is full. Fix: free it`)
  expect(entryLine(entry(4, { kind: 'log', at: AT, level: 'warn', message: 'no route:\n  eth0 is down\n' }))).toBe(
    `${AT} n1 warn no route: eth0 is down`,
  )
  expect(levelOf(entry(2))).toBe('info')
  const ended = entry(3, { kind: 'run-ended', at: AT, outcome: 'failed', ms: 1_200, error })
  expect(entryLine(ended)).toContain('ends: failed after 1.2 s: the disk is full')
  expect(entryLine(entry(4, { kind: 'node-state', at: AT, state: 'READY' }))).toContain('is READY')
})
