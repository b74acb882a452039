import { expect, test } from 'vitest'
import { ttlUpTo, validOption } from './arguments.ts'

test.each([
  ['1d', 1],
  ['24h', 1],
  ['30d', 30],
  ['3650d', 3_650],
])('--ttl %s is %i days', (text, days) => {
  expect(ttlUpTo(3_650)(text)).toBe(days)
})

test.each(['0d', '3651d', '36h', '1.5d', '30'])('--ttl %s is not', (text) => {
  expect(() => ttlUpTo(3_650)(text)).toThrow(/whole days, from 1d to 3650d|must be a duration/)
})

const valid = (text: string) => validOption(3_650).parseArg?.(text, undefined)

test.each([
  ['1', 1],
  ['30', 30],
  ['30d', 30],
  ['3650d', 3_650],
])('--valid %s, as earlier builds had it, is %i days', (text, days) => {
  expect(valid(text)).toBe(days)
})

test.each(['0', '3651', '3651d', '24h', '1.5', '-1', '', 'd'])('--valid %s is no number of days', (text) => {
  expect(() => valid(text)).toThrow('number of days from 1 to 3650, such as 30 or 30d')
})
