import { expect, test } from 'vitest'
import { rememberTaken } from './taken.ts'

test('an id is kept until its message has expired', () => {
  const taken = rememberTaken()
  taken.add('a', '2026-01-01T01:00:00Z', new Date('2026-01-01T00:00:00Z'))
  taken.add('b', '2026-01-01T03:00:00Z', new Date('2026-01-01T00:59:59Z'))
  expect([taken.has('a'), taken.has('b'), taken.has('c')]).toEqual([true, true, false])
  taken.add('c', '2026-01-01T02:00:00Z', new Date('2026-01-01T01:00:00Z'))
  expect([taken.has('a'), taken.has('b'), taken.has('c')]).toEqual([false, true, true])
})
