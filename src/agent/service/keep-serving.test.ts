import { expect, test } from 'vitest'
import { AgentError } from '../../base/agent-error.ts'
import type { ServiceStatus } from '../status.ts'
import { keepServing } from './keep-serving.ts'

function scene() {
  const stop = new AbortController()
  const waits: number[] = []
  const messages: string[] = []
  let problem: ServiceStatus['problem'] = null
  const options: Parameters<typeof keepServing>[1] = {
    stateDirectory: '/var/lib/cantrip',
    notifier: {
      ready: () => void messages.push('ready'),
      status: () => undefined,
      stopping: () => void messages.push('stopping'),
      watchdogMs: undefined,
      alive: () => undefined,
    },
    status: {
      get: () => ({}) as ServiceStatus,
      update(change) {
        problem = change.problem ?? null
      },
    },
    log: (level, message) => void (level === 'error' && messages.push(message)),
    clock: { now: () => new Date(0), sleep: async (ms) => void waits.push(ms) },
    signal: stop.signal,
  }
  return { stop, waits, messages, problem: () => problem, options }
}

test('problems that a person has to fix are retried at increasing intervals until the service continues', async () => {
  const { waits, messages, options } = scene()
  let tries = 0
  await keepServing(async () => {
    tries += 1
    if (tries < 10) throw new AgentError('config/damaged', 'x is damaged', { fix: 'do z' })
  }, options)
  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300].map((s) => s * 1000))
  expect(messages.slice(0, 2)).toEqual(['ready', 'x is damaged (config/damaged); fix: do z'])
  expect(messages.filter((each) => each === 'ready' || each === 'stopping')).toEqual(['ready', 'stopping'])
})

test('a read-only or full disk is named with its file', async () => {
  const { stop, problem, options } = scene()
  const failing = () =>
    Promise.reject(Object.assign(new Error('EROFS'), { code: 'EROFS', path: '/var/lib/cantrip/outbox' }))
  options.clock.sleep = async () => stop.abort()
  await keepServing(failing, options)
  expect(problem()).toMatchObject({
    code: 'disk/read-only',
    message: expect.stringContaining('/var/lib/cantrip/outbox'),
  })
})

test('a bug ends the process after a minute', async () => {
  const { waits, messages, options } = scene()
  await expect(keepServing(() => Promise.reject(new Error('a bug')), options)).rejects.toThrow('a bug')
  expect(waits).toEqual([60_000])
  expect(messages.join('\n')).toMatch(/Error: a bug\n\s+at /)
})

test('an attempt has ended before the next one begins', async () => {
  const { options } = scene()
  const signals: AbortSignal[] = []
  await keepServing(async (signal) => {
    expect(signals.every(({ aborted }) => aborted)).toBe(true)
    signals.push(signal)
    if (signals.length < 3) throw new AgentError('a/b', 'c', { fix: 'd' })
  }, options)
  expect(signals).toHaveLength(3)
})
