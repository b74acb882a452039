import { expect, test } from 'vitest'
import { openErrorLog } from './error-log.ts'

test('logs one failed request a second of each status, and how many it omitted', () => {
  const lines: string[] = []
  let nowMs = 0
  const note = openErrorLog({ log: (line) => lines.push(line), now: () => new Date(nowMs) })
  const fail = (status: number, message: string) => note(status, { method: 'GET', url: '/v1/x' }, new Error(message))
  for (let at = 0; at < 100; at++) fail(503, 'the disk is full')
  fail(500, 'bug')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toBe('GET /v1/x: the disk is full')
  expect(lines[1]).toMatch(/^GET \/v1\/x: Error: bug\n +at /)
  nowMs = 1_000
  fail(503, 'the disk is full')
  expect(lines[2]).toBe('GET /v1/x: the disk is full (99 earlier ones are not logged)')
  // A clock that was set back does not silence the log.
  nowMs = -3_600_000
  fail(503, 'the disk is full')
  expect(lines).toHaveLength(4)
})
