import { expect, test } from 'vitest'
import { diffOf, patchBetween } from './yaml-diff.ts'

test('lines that differ are removed and added in their places', () => {
  expect(diffOf('a\nb\nc\n', 'a\nB\nc\nd\n').map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    ...['same a', 'removed b', 'added B', 'same c', 'added d'],
  ])
  expect(diffOf('', 'a\n')).toEqual([{ kind: 'added', text: 'a' }])
  expect(diffOf('a\n', 'a\n')).toEqual([{ kind: 'same', text: 'a' }])
})

test('a patch has what differs, and null for what is gone', () => {
  const before = { location: 'hall 1', labels: { site: 'north', rack: '1' }, certSANs: ['a'], autoApprove: false }
  const after = { location: 'hall 2', labels: { site: 'north', row: '2' }, certSANs: ['a'], httpProxy: 'http://p' }
  expect(patchBetween(before, after)).toEqual({
    ...{ location: 'hall 2', labels: { rack: null, row: '2' }, autoApprove: null, httpProxy: 'http://p' },
  })
  expect(patchBetween(before, before)).toEqual({})
})
