import { expect, it } from 'vitest'
import type { AgentError } from '../../../../base/agent-error.ts'
import { parseAddress } from './address.ts'
import { failureOf } from './failures.ts'

const address = parseAddress('postgres://u@h/d', {})
const failure = (code: string, message: string) =>
  failureOf(Object.assign(new Error(message), { code }), address) as AgentError

it.each(['28000', '42501', '57P03', '57014', '53100'])(
  'the text of a server, whoever it is, is one short line without control characters (%s)',
  (code) => {
    const { message } = failure(code, `no\n2026-01-01 node approved\x1b[2J${'x'.repeat(1_000_000)}`)
    expect(message).not.toMatch(/\p{Cc}/u)
    expect(message.length).toBeLessThan(2_000)
  },
)

it('a session that the server ended because it was idle is a lost one', () => {
  expect(failure('57P05', 'terminating connection due to idle-session timeout').code).toBe('store/unreachable')
})

it.each(['57014', '55P03'])('a statement that exceeds a time limit of the server may succeed later (%s)', (code) => {
  expect(failure(code, 'canceling statement due to lock timeout').code).toBe('store/slow')
})
