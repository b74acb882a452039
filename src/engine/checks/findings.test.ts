import { expect, test } from 'vitest'
import { verdictOf } from './findings.ts'

const warn = { kind: 'warn', found: 'a', wanted: 'no a', fix: 'mend' } as const
const fail = { kind: 'fail', found: 'b', wanted: 'no b', fix: 'mend' } as const

test('no finding is a pass; the worst finding is first and decides; the same fix appears once', () => {
  expect(verdictOf([], 'all well')).toEqual({ kind: 'pass', found: 'all well' })
  expect(verdictOf([warn], '')).toEqual(warn)
  expect(verdictOf([warn, fail], '')).toEqual({ kind: 'fail', found: 'b; a', wanted: 'no b; no a', fix: 'mend' })
})
