import { expect, test } from 'vitest'
import { cluster, node } from '../../../../test/support/controller/member.ts'
import { clusterRevision, nodeRevision } from '../../views/revision.ts'
import { entityTag, isNoneOf, revisionsIn } from './entity-tags.ts'

const tag = entityTag('0123456789abcdef', '{}')

test('an entity tag has the revision and a digest', () => {
  expect(tag).toMatch(/^"0123456789abcdef-[0-9a-f]{16}"$/)
  expect(entityTag('0123456789abcdef', '{"a":1}')).not.toBe(tag)
})

test.each([
  ['*', ['*']],
  [tag, ['0123456789abcdef']],
  ['"a", W/"b-c"', ['a', 'b']],
  ['nonsense', []],
])('If-Match %s', (header, revisions) => expect(revisionsIn(header)).toEqual(revisions))

test.each([
  [tag, false],
  [`"x", W/${tag}`, false],
  ['*', false],
  ['"x"', true],
])('If-None-Match %s', (header, wanted) => expect(isNoneOf(header, tag)).toBe(wanted))

test('a revision changes with what people set, not with what nodes report', () => {
  const one = nodeRevision(node())
  expect(nodeRevision(node({ lastSeen: '2026-02-01T00:00:00.000Z', bootId: 'x', upSeq: 9 }))).toBe(one)
  expect(nodeRevision(node({ roles: ['worker'] }))).not.toBe(one)
  const all = clusterRevision(cluster())
  expect(clusterRevision(cluster({ reportAt: 'now', endpoint: 'x:1' }))).toBe(all)
  expect(clusterRevision(cluster({ attempt: 2 }))).not.toBe(all)
})
