import { expect, test } from 'vitest'
import type { PairFinding } from '../../../../protocol/api/pair-report.ts'
import { matrixOf, titleOf } from './matrix-of.ts'

const finding = (from: string[], to: string, verdict: PairFinding['verdict'], more = {}): PairFinding => ({
  ...{ kind: 'port', verdict, from, to, port: '6443/tcp', found: 'refused', wanted: 'open', fix: '', on: to },
  ...more,
})
const LEFT_OUT = { kind: 'node', port: null, found: 'left out: it is not connected' }
const at = '2026-06-01T12:00:00.000Z'
const member = (name: string, createdAt = '2026-05-01T12:00:00.000Z') => ({ name, createdAt })
const verdictsOf = (findings: PairFinding[], nodes = ['a', 'b', 'c'].map((name) => member(name))) =>
  matrixOf({ findings, at }, nodes).map((row) => row.map(({ verdict }) => verdict))

test('a cell is as bad as the worst finding from its row to its column', () => {
  const findings = [finding(['a', 'b'], 'c', 'warn'), finding(['a'], 'c', 'fail'), finding(['c'], 'a', 'skipped')]
  expect(verdictsOf(findings)).toEqual([
    ['fine', 'fine', 'fail'],
    ['fine', 'fine', 'warn'],
    ['skipped', 'fine', 'fine'],
  ])
})

test('a node that was left out, or that came after the check, was not checked in any direction', () => {
  const expected = [
    ['fine', 'fine', 'unchecked'],
    ['fine', 'fine', 'unchecked'],
    ['unchecked', 'unchecked', 'unchecked'],
  ]
  expect(verdictsOf([finding([], 'c', 'warn', LEFT_OUT)])).toEqual(expected)
  expect(verdictsOf([], [member('a'), member('b'), member('c', '2026-06-01T12:00:01.000Z')])).toEqual(expected)
})

test('a port that was not checked on several nodes counts in their columns', () => {
  expect(verdictsOf([finding([], 'b, c', 'skipped')])).toEqual(Array(3).fill(['fine', 'skipped', 'skipped']))
})

test('the title of a finding about one node names only the node', () => {
  expect(titleOf(finding([], 'w3', 'warn', LEFT_OUT))).toBe('node w3')
  expect(titleOf(finding([], 'w1, w2', 'skipped'))).toBe('6443/tcp of w1, w2')
  expect(titleOf(finding(['a', 'b'], 'c', 'fail'))).toBe('6443/tcp from a, b to c')
})
