import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { AgentError } from '../../base/agent-error.ts'
import { type Watch, waitUntil, watchMeanwhile } from './wait-until.ts'

const { signal } = new AbortController()
const late = async () => new AgentError('test/late', 'nothing after 60 s', { fix: 'none' })
const broken = new AgentError('unit/failed', 'x.service failed', { fix: 'none' })

function watch(answer: Awaited<ReturnType<Watch['look']>>, lines: string[] = []): Watch & { forgotten: number } {
  const made = {
    forgotten: 0,
    look: async () => answer,
    lastLines: async () => lines,
    forget: () => {
      made.forgotten += 1
    },
  }
  return made
}

test('a failure ends the wait at its first look', async () => {
  const host = fakeHost()
  const began = host.clock.nowMs
  const watches = [watch('runs'), watch(broken)]
  const wait = waitUntil(host, async () => false, { signal, timeoutMs: 60_000, failure: late, watches })
  await expect(wait).rejects.toBe(broken)
  expect(host.clock.nowMs - began).toBeLessThan(1_000)
})

test('a look that throws is not a failure', async () => {
  const blind: Watch = { ...watch('runs'), look: () => Promise.reject(new Error('systemctl is late')) }
  let looks = 0
  await waitUntil(fakeHost(), async () => ++looks > 50, { signal, timeoutMs: 60_000, failure: late, watches: [blind] })
})

test('a watch is ignored and reset while an earlier one does not run', async () => {
  const later = watch(broken)
  const watches = [watch('coming'), later]
  let looks = 0
  await waitUntil(fakeHost(), async () => ++looks > 50, { signal, timeoutMs: 60_000, failure: late, watches })
  expect(later.forgotten).toBeGreaterThan(2)
})

test('a timeout has the last lines of the logs', async () => {
  const watches = [watch('runs', ['error: one']), watch('runs', ['a', 'b', 'c'])]
  const wait = waitUntil(fakeHost(), async () => false, { signal, timeoutMs: 60_000, failure: late, watches })
  await expect(wait).rejects.toMatchObject({
    code: 'test/late',
    message: 'nothing after 60 s; last lines:\n    error: one\n    b\n    c',
  })
})

test('a failure ends a command that waits by itself; its own error is passed on', async () => {
  const untilAborted = (until: AbortSignal) =>
    new Promise<void>((_, reject) => until.addEventListener('abort', () => reject(until.reason)))
  await expect(watchMeanwhile(fakeHost(), { signal, watches: [watch(broken)] }, untilAborted)).rejects.toBe(broken)
  const own = new Error('its own')
  const fails = watchMeanwhile(fakeHost(), { signal, watches: [watch('runs')] }, () => Promise.reject(own))
  await expect(fails).rejects.toBe(own)
  await watchMeanwhile(fakeHost(), { signal, watches: [watch('coming')] }, async () => undefined)
})
