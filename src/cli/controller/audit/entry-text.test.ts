import { expect, test } from 'vitest'
import { auditContent } from '../../../../test/support/controller/audit.ts'
import { entryLine } from './entry-text.ts'

const entry = (changes: Parameters<typeof auditContent>[0]) => ({
  ...auditContent({ at: '2026-01-01T12:00:00.000Z', ...changes }),
  ...{ number: 7, previous: '', hash: '' },
})

test('a change says who did what, and what was before', () => {
  const change = { record: 'cluster', id: 'c-a', name: 'demo', change: 'changed' as const }
  const fields = { desired: { before: 'none', after: 'provision' }, attempt: { after: 1 } }
  expect(entryLine(entry({ changes: [{ ...change, fields }], omitted: 2 }))).toMatch(
    / {2}#7 {2}administrator alice from 10\.0\.0\.7 {2}createCluster cluster demo {2}done {2}cluster demo changed: desired none → provision, attempt 1; and 2 more records$/,
  )
})

test('refused attempts say how many they were', () => {
  const line = entryLine(
    entry({
      who: { kind: 'unknown', name: '', id: null },
      ...{ outcome: 'refused', code: 'identity/none', count: 4_312, reason: '4312 more like the one before' },
      target: { cluster: null, node: null, nodeId: null },
    }),
  )
  expect(line).toContain('unknown from 10.0.0.7  createCluster  refused identity/none (4312 times)  4312 more')
})

test('control characters, and those that change the direction of text, are escaped', () => {
  const target = { cluster: 'a\u202eb\u2066', node: 'x\n2026-01-01  #8  forged', nodeId: null }
  const line = entryLine(entry({ target, who: { kind: 'account', name: '\x1b[2Jbob\u009b', id: null } }))
  expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
  expect(line).toContain('account \\u001b[2Jbob\\u009b from')
  expect(line).toContain('cluster a\\u202eb\\u2066, node x\\n2026')
})
