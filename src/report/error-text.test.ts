import { expect, test } from 'vitest'
import { AgentError } from '../base/agent-error.ts'
import { errorText } from './error-text.ts'

test('an error that a user can meet prints its fix and no stack', () => {
  const error = new AgentError('disk/full', '/var has 2 MB free, wanted 20 GB', {
    fix: 'make room',
  })
  expect(errorText(error)).toBe('[-] /var has 2 MB free, wanted 20 GB (disk/full)\n    fix: make room\n')
})

test('an error of another machine is printed without control characters', () => {
  const error = new AgentError('step/failed', 'ended with 1:\n\x1b[2J[+] all is well', { fix: 'look\x07' })
  expect(errorText(error)).toBe('[-] ended with 1:\n     [2J[+] all is well (step/failed)\n    fix: look \n')
})

test('any other error is a bug and prints its stack', () => {
  expect(errorText(new TypeError('oops'))).toMatch(/bug[\s\S]*TypeError: oops[\s\S]*error-text\.test/)
})
