import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { LogEntry } from '../../../protocol/api/events.ts'
import { eventLine } from './event-line.ts'

beforeAll(() => vi.stubEnv('TZ', 'Asia/Tokyo'))
afterAll(() => vi.unstubAllEnvs())

const at = '2026-01-01T00:00:00.000Z'
const entry = (event: LogEntry['event']): LogEntry => ({
  ...{ seq: 1, at, cluster: 'demo', run: 'r-aaaaaaaaaa' },
  node: { id: 'n-aaaaaaaaaa', name: 'one' },
  event,
})

test('one line for an event, and none for the progress of a step', () => {
  expect(eventLine(entry({ kind: 'step-done', at, step: 'etcd/start', ms: 1_500 }))).toBe(
    '2026-01-01 09:00:00  one  etcd/start: done in 1.5 s',
  )
  expect(eventLine(entry({ kind: 'step-progress', at, step: 'x', done: 1, of: 2, unit: 'items' }))).toBeUndefined()
})

test('control characters do not reach the terminal, and further lines of a message are indented', () => {
  const event = { kind: 'log' as const, at, step: null, level: 'warn' as const, message: 'x\x1b[2J\n2026 one  READY' }
  expect(eventLine(entry(event as LogEntry['event']))).toBe('2026-01-01 09:00:00  one  [!] x [2J\n    2026 one  READY')
  const error = { code: 'a', message: '\x9b2Jgone', fix: 'b' }
  expect(eventLine(entry({ kind: 'node-state', at, state: 'FAILED', error }))).toBe(
    '2026-01-01 09:00:00  one  [-] FAILED:  2Jgone (a); fix: b',
  )
})
