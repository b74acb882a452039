import { expect, test } from 'vitest'
import type { AuditEntry } from '../../../protocol/audit/entry.ts'
import { changesText, outcomeText, targetText, whoText } from './entry-text.ts'
import { MOST_ENTRIES, merged } from './use-audit.ts'

const entry = (number: number, more: Partial<AuditEntry> = {}) =>
  ({
    ...{
      number,
      who: { kind: 'account', name: 'bob', id: null },
      target: { cluster: 'demo', node: null, nodeId: null },
    },
    ...{ outcome: 'done', code: null, count: 1, changes: [], omitted: 0 },
    ...more,
  }) as AuditEntry
const numbers = (entries: readonly AuditEntry[]) => entries.map((each) => each.number)

test('the newest entry is first, and each is there once', () => {
  const live = merged([], [entry(5)])
  expect(numbers(merged(live, [entry(3), entry(4), entry(5)]))).toEqual([5, 4, 3])
  const many = Array.from({ length: MOST_ENTRIES + 2 }, (_, at) => entry(at))
  expect(merged([], many)).toHaveLength(MOST_ENTRIES)
  expect(merged([], many)[0]?.number).toBe(MOST_ENTRIES + 1)
})

test('an entry says who did what to which record', () => {
  const refused = entry(1, { outcome: 'refused', code: 'identity/not-permitted', count: 3 })
  expect([whoText(refused), targetText(refused)]).toEqual(['bob', 'cluster demo'])
  expect(outcomeText(refused)).toBe('refused, identity/not-permitted, 3 times')
  const fields = { state: { before: 'NEW', after: 'READY' }, disks: { after: ['sdb'] }, old: { before: 1 } }
  const changed = entry(2, {
    changes: [{ record: 'node', id: 'n-1', name: 'm1', change: 'changed', fields }],
    omitted: 2,
  })
  expect(changesText(changed)).toBe('node m1 changed: state NEW → READY, disks ["sdb"], old was 1; 2 more')
  expect(whoText(entry(3, { who: { kind: 'token', name: 'ci', id: null } }))).toBe('token ci')
})
