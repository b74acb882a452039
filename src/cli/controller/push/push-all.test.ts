import { expect, test } from 'vitest'
import { AgentError } from '../../../base/agent-error.ts'
import type { InventoryHost } from '../inventory/host.ts'
import type { HostResult } from './host-result.ts'
import { pushAll } from './push-all.ts'
import type { HostOptions, Pushed, PushPorts } from './push-host.ts'

const host = (name: string): InventoryHost => ({
  ...{ name, address: name, port: null, user: null, keyFile: null },
  ...{ roles: ['worker'], labels: {}, groups: [], unused: [] },
})
const HOSTS = ['a', 'b', 'c', 'd'].map(host)
const DONE: Pushed = { outcome: 'joined', actions: ['install'], node: null }
const aborted = ({ signal }: HostOptions) =>
  new Promise<Pushed>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

function push(
  work: (name: string, options: HostOptions) => Promise<Pushed>,
  { atOnce = 2, timeoutMs = 60_000, signal = new AbortController().signal } = {},
) {
  const seen: string[] = []
  const results = pushAll(
    {} as PushPorts,
    HOSTS,
    {
      ...{ atOnce, timeoutMs, signal, nowMs: () => 0 },
      onStage: ({ name }, stage) => seen.push(`${name} ${stage}`),
      onResult: ({ name, outcome }) => seen.push(`${name} ${outcome}`),
    },
    (_, { name }, options) => work(name, options),
  )
  return { results, seen }
}
const short = (results: readonly HostResult[]) =>
  results.map(({ name, outcome, error }) => [name, outcome, error?.code])

test('at most so many at once; results are in the order of the hosts', async () => {
  let running = 0
  let most = 0
  const { results } = push(async (name) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, name === 'a' ? 20 : 1))
    running--
    return DONE
  })
  expect(short(await results).map(([name]) => name)).toEqual(['a', 'b', 'c', 'd'])
  expect(most).toBe(2)
})

test('one that fails and one that hangs hold up no other', async () => {
  const { results, seen } = push(
    async (name, options) => {
      options.onStage('connecting')
      if (name === 'a') throw new AgentError('push/denied', 'no', { fix: 'yes' })
      return name === 'b' ? aborted(options) : DONE
    },
    { timeoutMs: 50 },
  )
  expect(short(await results)).toEqual([
    ['a', 'failed', 'push/denied'],
    ['b', 'failed', 'push/timeout'],
    ['c', 'joined', undefined],
    ['d', 'joined', undefined],
  ])
  expect(seen.at(-1)).toBe('b failed')
  expect((await results)[1]?.error?.message).toBe('it was not done within 0.05 s: connecting')
})

test('an interruption ends those at work, and no other begins', async () => {
  const stop = new AbortController()
  const begun: string[] = []
  const { results } = push(
    (name, options) => {
      begun.push(name)
      return aborted(options)
    },
    { signal: stop.signal },
  )
  stop.abort(new AgentError('push/interrupted', 'interrupted', { fix: 'again' }))
  expect(short(await results).map(([, , code]) => code)).toEqual(Array(4).fill('push/interrupted'))
  expect(begun).toEqual(['a', 'b'])
})

test('the second host that names the same node fails', async () => {
  const { results } = push(async (name, { onNode }) => {
    onNode(name === 'c' ? 'a' : name)
    onNode(name === 'c' ? 'a' : name)
    return DONE
  })
  expect(short(await results).map(([, , code]) => code)).toEqual([undefined, undefined, 'push/same-node', undefined])
  expect((await results)[2]?.error?.message).toContain('which a said before')
})

test('a host that fails has in its result what was done before', async () => {
  const node = { id: 'n-1', name: 'a', state: 'APPROVED' }
  const { results } = push(async (_, { onDone }) => {
    onDone('install', null)
    onDone('approve', node)
    throw new AgentError('push/denied', 'no', { fix: 'yes' })
  })
  expect((await results)[0]).toMatchObject({ outcome: 'failed', actions: ['install', 'approve'], node })
})

test('a bug is not a failure of a host', async () => {
  await expect(push(() => Promise.reject(new TypeError('x'))).results).rejects.toThrow(TypeError)
})
