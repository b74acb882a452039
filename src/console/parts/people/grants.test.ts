import { expect, test } from 'vitest'
import { grantsOf, grantsText } from './grants.ts'

test('an empty project means everything, and what is said twice is there once', () => {
  const grants = grantsOf([
    { role: 'operator', project: ' berlin ' },
    { role: 'viewer', project: '' },
    { role: 'operator', project: 'berlin' },
  ])
  expect(grants).toEqual([
    { role: 'operator', project: 'berlin' },
    { role: 'viewer', project: null },
  ])
  expect(grantsText(grants)).toBe('operator in berlin, viewer')
})
