import { expect, test } from 'vitest'
import { daysUpTo } from './arguments.ts'

test.each([
  ['1', 1],
  ['30', 30],
  ['30d', 30],
  ['3650d', 3_650],
])('%s is %i days', (text, days) => {
  expect(daysUpTo(3_650)(text)).toBe(days)
})

test.each(['0', '3651', '3651d', '24h', '1.5', '-1', '', 'd'])('%s is no number of days', (text) => {
  expect(() => daysUpTo(3_650)(text)).toThrow('number of days from 1 to 3650, such as 30 or 30d')
})
