import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { AgentError } from '../../base/agent-error.ts'
import type { Check, CheckParams, Verdict } from './check.ts'
import { hardFailures, runChecks } from './run-checks.ts'

const params: CheckParams = { roles: ['master'], ownStateDirectory: '/var/lib/cantrip' }
const bad: Verdict = { kind: 'fail', found: 'a', wanted: 'b', fix: 'c' }
const check = (id: string, look: Check['look'], more: Partial<Check> = {}): Check => ({
  id,
  title: id,
  hard: true,
  why: '',
  remedy: '',
  timeoutMs: 1_000,
  look,
  ...more,
})

test('verdicts keep found, wanted and fix, in the order of the checks', async () => {
  const slow = check('slow', async () => {
    await new Promise((done) => setTimeout(done, 20))
    return { kind: 'pass', found: 'fine' }
  })
  const results = await runChecks([slow, check('bad', async () => bad)], fakeHost(), params)
  expect(results).toMatchObject([
    { id: 'slow', verdict: 'pass', found: 'fine', hard: true },
    { id: 'bad', verdict: 'fail', found: 'a', wanted: 'b', fix: 'c' },
  ])
  expect(results[0]?.ms).toBeGreaterThanOrEqual(15)
  expect(hardFailures(results).map(({ id }) => id)).toEqual(['bad'])
})

test('checks run in parallel', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = check('first', async () => {
    await promise
    return { kind: 'pass', found: '' }
  })
  const second = check('second', async () => {
    resolve()
    return { kind: 'pass', found: '' }
  })
  expect((await runChecks([first, second], fakeHost(), params)).map(({ verdict }) => verdict)).toEqual(['pass', 'pass'])
})

test('a check that throws or times out is an error, not a failure', async () => {
  const thrown = check('thrown', async () => {
    throw new AgentError('command/not-found', 'no ss', { fix: 'install iproute2' })
  })
  const late = check('late', () => new Promise(() => undefined), { timeoutMs: 20 })
  const results = await runChecks([thrown, late], fakeHost(), params)
  expect(results).toMatchObject([
    { verdict: 'error', found: 'no ss', fix: 'install iproute2' },
    { verdict: 'error', found: 'no answer within 0.02 s' },
  ])
  expect(hardFailures(results)).toHaveLength(2)
})

test('with a timeoutFactor a check may take longer, and says how long it got', async () => {
  const slow = check(
    'slow',
    () => new Promise((resolve) => setTimeout(() => resolve({ kind: 'pass', found: 'ok' }), 100)),
    { timeoutMs: 20 },
  )
  const never = check('never', () => new Promise(() => undefined), { timeoutMs: 20 })
  expect(await runChecks([slow], fakeHost(), params)).toMatchObject([{ verdict: 'error' }])
  expect(await runChecks([slow, never], fakeHost(), params, { timeoutFactor: 50 })).toMatchObject([
    { verdict: 'pass' },
    { verdict: 'error', found: 'no answer within 1 s' },
  ])
})

test('an ignored failure is a warning with its reason, except for a strict check', async () => {
  const checks = [check('a', async () => bad), check('b', async () => bad, { strict: true })]
  const ignore = new Map([
    ['a', 'I know'],
    ['b', 'I know'],
  ])
  const results = await runChecks(checks, fakeHost(), params, { ignore })
  expect(results).toMatchObject([{ verdict: 'warn', ignored: 'I know' }, { verdict: 'fail' }])
  expect(hardFailures(results).map(({ id }) => id)).toEqual(['b'])
})

test('an abort rejects with its reason', async () => {
  const reason = new Error('Ctrl-C')
  const hanging = check('hanging', () => new Promise(() => undefined))
  const controller = new AbortController()
  setTimeout(() => controller.abort(reason), 10)
  await expect(runChecks([hanging], fakeHost(), params, { signal: controller.signal })).rejects.toBe(reason)
})
