import { expect, test } from 'vitest'
import { durationOf, durationWithin } from './duration.ts'

test.each([
  ['90', 90],
  ['0.5', 0.5],
  ['90s', 90],
  ['30m', 1_800],
  ['8h', 28_800],
  ['7d', 604_800],
])('%s is %d seconds', (text, seconds) => {
  expect(durationOf(text)).toBe(seconds)
})

test.each(['', '0', '-1', '1w', 'h', '8 h', '1e3', '30min'])('%j is refused', (text) => {
  expect(() => durationOf(text)).toThrow(/It must be a duration/)
})

test('limits are included', () => {
  const parse = durationWithin(600, 604_800, '10m to 7d')
  expect([parse('10m'), parse('7d')]).toEqual([600, 604_800])
  for (const text of ['599s', '169h']) expect(() => parse(text)).toThrow('It must be from 10m to 7d.')
})
