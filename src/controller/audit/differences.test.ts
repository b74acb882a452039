import { expect, test } from 'vitest'
import { cluster } from '../../../test/support/controller/member.ts'
import type { NodeRule } from '../../protocol/declaration/rule.ts'
import { differencesFrom } from './differences.ts'

const rulesFor = (count: number, prefix: string) => {
  const nodes = Array.from(
    { length: count },
    (_, at): NodeRule => ({ match: { hostname: `${prefix}-${at}` }, roles: ['worker'] }),
  )
  return { provision: 'manually' as const, nodes }
}
const changed = (from: number, to: number, prefix = 'n') => {
  const before = cluster({ rules: rulesFor(from, 'n') })
  const change = { change: 'set-cluster', id: before.id, to: { rules: rulesFor(to, prefix) } } as const
  return differencesFrom(() => before, [change])
}

test('a short value is recorded as it is', () => {
  expect(changed(1, 2)[0]?.fields).toEqual({ rules: { before: rulesFor(1, 'n'), after: rulesFor(2, 'n') } })
})

test('a long value is recorded by its ends, its size and its hash, and different ones are different', () => {
  const [found] = changed(1_000, 1_000, 'm')
  expect(JSON.stringify(found).length).toBeLessThan(4_096)
  const { before, after } = found?.fields.rules ?? {}
  expect(before).toMatch(/^\{"provision":"manually".* \(\d{5} bytes, SHA-256 [0-9a-f]{64}\)$/)
  expect(after).not.toBe(before)
  expect(changed(1_000, 1_000)).toEqual([])
})
