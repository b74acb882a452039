import { expect, test } from 'vitest'
import { bytes, counted, duration, utc } from './formats.ts'

test.each([
  [0, '0 MiB'],
  [512 * 2 ** 20, '512 MiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
])('%s bytes are %s', (count, text) => expect(bytes(count)).toBe(text))

test.each([
  [420, '0.4 s'],
  [59_900, '59.9 s'],
  [185_000, '3 min 5 s'],
  [3_600_000, '1 h'],
  [7_800_000, '2 h 10 min'],
  [273_600_000, '3 d 4 h'],
])('%s ms are %s', (ms, text) => expect(duration(ms)).toBe(text))

test('one and many', () => {
  expect(counted(1, 'node')).toBe('1 node')
  expect(counted(0, 'node')).toBe('0 nodes')
  expect(counted(2, 'entry', 'entries')).toBe('2 entries')
})

test('a time is shown in UTC to the second', () => {
  expect(utc('2026-01-31T17:05:09.123Z')).toBe('2026-01-31 17:05:09 UTC')
})
