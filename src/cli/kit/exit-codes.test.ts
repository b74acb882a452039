import { expect, test } from 'vitest'
import { AgentError, type ErrorKind } from '../../base/agent-error.ts'
import { exitCodeOf } from './exit-codes.ts'

test.each<[ErrorKind | undefined, number]>([
  ['bug', 1],
  ['invalid', 2],
  ['unfit', 3],
  ['failed', 4],
  [undefined, 4],
  ['unreachable', 6],
  ['refused', 7],
  ['interrupted', 130],
])('%s: exit code %i', (kind, code) => {
  expect(exitCodeOf(new AgentError('a/b', 'found', { fix: 'fix', ...(kind && { kind }) }))).toBe(code)
})

test('any other error is a bug', () => {
  expect(exitCodeOf(new TypeError('oops'))).toBe(1)
})
