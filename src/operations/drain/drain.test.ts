import { expect, test } from 'vitest'
import { type FakePod, fakeApi } from '../../../test/support/fake-api.ts'
import { fakeHost } from '../../../test/support/fake-host.ts'
import type { Operation, OperationAnswer } from '../../protocol/wire/operation.ts'
import { carryOutOperation, type OperationInCluster } from '../carry-out.ts'
import { CORDON_ANNOTATION } from './cordon.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const common = { id: 'e-aaaaaaaaaa', node: 'n-aaaaaaaaaa', expiresAt: '2026-06-01T13:00:00Z' }
const target = { name: 'w1', address: '10.0.0.9', role: 'worker' } as const
type OnBlocked = (Operation & { operation: 'cordon-and-drain' })['onBlocked']

function cluster(pods: readonly FakePod[] = []) {
  const host = fakeHost({ now: NOW })
  const api = fakeApi(host, ['w1', 'w2'])
  api.pods.push(...pods)
  const run = (operation: OperationInCluster) => carryOutOperation(host.machine, operation)
  const drain = (onBlocked: OnBlocked = 'wait', minutes = 5) => {
    const deadline = new Date(NOW.getTime() + minutes * 60_000).toISOString()
    return run({ ...common, operation: 'cordon-and-drain', target, deadline, onBlocked })
  }
  /** As the controller repeats it. */
  const drainUntil = async (isEnd: (answer: OperationAnswer) => boolean, onBlocked?: OnBlocked, minutes?: number) => {
    for (let times = 0; times < 100; times++) {
      const answer = await drain(onBlocked, minutes)
      if (isEnd(answer)) return answer
      host.clock.nowMs += 2_000
    }
    throw new Error('does not end')
  }
  const cordon = () => run({ ...common, operation: 'cordon', target })
  const uncordon = (onlyOwn: boolean) => run({ ...common, operation: 'uncordon', target, onlyOwn })
  const evictions = () => api.changes.filter((each) => each.endsWith('/eviction')).length
  return {
    host,
    api,
    run,
    drain,
    drainUntil,
    cordon,
    uncordon,
    evictions,
    isCordoned: () => api.nodes.get('w1')?.unschedulable === true,
  }
}

const isDone = ({ outcome }: OperationAnswer) => outcome === 'done'
const isPastDeadline = (answer: OperationAnswer) =>
  answer.outcome === 'not-yet' && answer.blocked?.isPastDeadline === true
const pod = (name: string, more: Partial<FakePod> = {}): FakePod => ({ name, node: 'w1', owner: 'ReplicaSet', ...more })
const closed = (...pods: string[]) => ({ name: 'web', selector: { matchLabels: { app: 'web' } }, pods, allowed: 0 })

test('the pods are evicted at the same time, and the node is cordoned with a mark', async () => {
  const { api, drain, drainUntil, isCordoned } = cluster([pod('a'), pod('b'), pod('c', { node: 'w2' })])
  const first = await drain()
  expect(first).toMatchObject({ outcome: 'not-yet', waitingFor: '2 pods of w1 to move to other nodes' })
  expect(first).not.toHaveProperty('blocked')
  expect(api.changes).toEqual([
    'PATCH /api/v1/nodes/w1',
    ...['a', 'b'].map((name) => `POST /api/v1/namespaces/default/pods/${name}/eviction`),
  ])
  expect(await drainUntil(isDone)).toEqual({ id: common.id, outcome: 'done' })
  expect(api.pods.map(({ name }) => name)).toEqual(['c'])
  expect(isCordoned()).toBe(true)
  expect(api.nodes.get('w1')?.annotations).toEqual({ [CORDON_ANNOTATION]: 'true' })
})

test('pods of DaemonSets, static pods and pods that have ended stay', async () => {
  const { drain, evictions } = cluster([
    pod('proxy', { owner: 'DaemonSet' }),
    pod('etcd', { owner: 'Node', annotations: { 'kubernetes.io/config.mirror': 'x' } }),
    pod('job', { owner: 'Job', phase: 'Succeeded' }),
    pod('broken', { owner: 'Job', phase: 'Failed' }),
  ])
  expect(await drain()).toMatchObject({ outcome: 'done' })
  expect(evictions()).toBe(0)
})

test('a pod that has ended is waited for while it is being deleted: its volumes may still be in use', async () => {
  const endsAt = new Date(NOW.getTime() + 20_000).toISOString()
  const { drain, drainUntil, evictions } = cluster([pod('ended', { phase: 'Failed', endsAt })])
  expect(await drain()).toMatchObject({ outcome: 'not-yet', waitingFor: '1 pod of w1 to move to other nodes' })
  expect(await drainUntil(isDone)).toMatchObject({ outcome: 'done' })
  expect(evictions()).toBe(0)
})

test('a budget holds its pod, and the answer names both; the others move', async () => {
  const { api, drainUntil } = cluster([pod('web', { labels: { app: 'web' } }), pod('other')])
  api.budgets.push(closed('web'), { name: 'else', selector: { matchLabels: { app: 'else' } }, pods: [], allowed: 0 })
  const answer = await drainUntil(isPastDeadline)
  const reason = 'The disruption budget web needs 2 healthy pods and has 2 currently'
  expect(answer).toEqual({
    id: common.id,
    outcome: 'not-yet',
    waitingFor: `1 pod of w1 to move to other nodes, although the deadline is over: default/web (disruption budget web: ${reason})`,
    blocked: { pods: [{ namespace: 'default', name: 'web', budgets: ['web'], reason }], isPastDeadline: true },
  })
  expect(api.pods.map(({ name }) => name)).toEqual(['web'])
  for (const budget of api.budgets) budget.allowed = 1
  expect(await drainUntil(isDone)).toMatchObject({ outcome: 'done' })
})

test('two budgets of one pod, which Kubernetes does not support, are named', async () => {
  const { api, drain } = cluster([pod('web', { labels: { app: 'web' } })])
  api.budgets.push({ ...closed('web'), allowed: 1 }, { ...closed('web'), name: 'all', selector: {}, allowed: 1 })
  expect(await drain()).toMatchObject({ blocked: { pods: [{ budgets: ['web', 'all'] }], isPastDeadline: false } })
})

test('with skip, the drain is done at the deadline, with a list of what stays', async () => {
  const { api, host, drain, drainUntil } = cluster([pod('web'), pod('slow', { graceSeconds: 3_600 }), pod('quick')])
  api.budgets.push(closed('web'))
  expect((await drain('skip')).outcome).toBe('not-yet')
  const answer = await drainUntil(isDone, 'skip')
  if (answer.outcome !== 'done') throw new Error(answer.outcome)
  expect(host.now().getTime()).toBeGreaterThanOrEqual(NOW.getTime() + 5 * 60_000)
  expect(answer.held?.map(({ name }) => name)).toEqual(['web', 'slow'])
  expect(answer.held?.[1]?.reason).toBe('it ends until 2026-06-01T13:00:00.000Z')
})

test('with force, what is left at the deadline is deleted, with half a minute to end', async () => {
  const { api, host, drainUntil } = cluster([
    pod('web'),
    pod('slow', { graceSeconds: 3_600 }),
    { name: 'bare', node: 'w1' },
  ])
  api.budgets.push(closed('web'))
  const answer = await drainUntil(isDone, 'force')
  expect(answer).toEqual({ id: common.id, outcome: 'done' })
  expect(api.pods).toEqual([])
  expect(host.now().getTime() - NOW.getTime()).toBeLessThan(6 * 60_000)
  expect(
    api.changes
      .filter((each) => each.startsWith('DELETE'))
      .map((each) => each.split('/').at(-1))
      .sort(),
  ).toEqual(['bare', 'slow', 'web'])
})

test('a pod that no controller creates again is held, and not deleted', async () => {
  const { drain, evictions } = cluster([{ name: 'bare', node: 'w1' }])
  expect(await drain()).toMatchObject({
    outcome: 'not-yet',
    blocked: { pods: [{ name: 'bare', budgets: [], reason: 'no controller creates it again elsewhere' }] },
  })
  expect(evictions()).toBe(0)
})

test('a pod that ends already is waited for, and not evicted again', async () => {
  const { api, drainUntil } = cluster([pod('slow', { graceSeconds: 100 })])
  await drainUntil(isDone)
  expect(api.changes.filter((each) => each.endsWith('/eviction'))).toHaveLength(1)
})

test('a pod whose kubelet does not confirm its end is waited for half a minute longer', async () => {
  const { host, drainUntil } = cluster([pod('lost', { isStuck: true })])
  await drainUntil(isDone)
  const tookMs = host.now().getTime() - NOW.getTime()
  expect(tookMs).toBeGreaterThan(60_000)
  expect(tookMs).toBeLessThan(75_000)
})

test.each([
  [{ status: 409, body: '{}' }, undefined],
  [{ status: 404, body: '{}' }, undefined],
  [{ status: 403, body: JSON.stringify({ details: { causes: [{ reason: 'NamespaceTerminating' }] } }) }, undefined],
  [{ status: 504, body: '' }, undefined],
  [{ status: 403, body: '{"message":"policy says no"}' }, 'policy says no'],
])('the answer %j to an eviction holds the pod with the reason %s', async (refusal, reason) => {
  const { api, drain } = cluster([pod('a', { graceSeconds: 3_600 })])
  // One for each round.
  api.refusals.push(...Array.from({ length: 20 }, () => refusal))
  const answer = await drain()
  expect(answer.outcome === 'not-yet' && answer.blocked?.pods[0]?.reason).toBe(
    reason ?? (answer.outcome === 'not-yet' && undefined),
  )
})

test('a node that is gone is drained and uncordoned', async () => {
  const { api, drain, uncordon } = cluster()
  api.nodes.delete('w1')
  for (const answer of [await drain(), await uncordon(true), await uncordon(false)])
    expect(answer).toEqual({ id: common.id, outcome: 'done' })
})

test('a node that is gone cannot be cordoned', async () => {
  const { api, cordon } = cluster()
  api.nodes.delete('w1')
  expect(await cordon()).toMatchObject({
    outcome: 'failed',
    error: { code: 'node/not-registered', message: 'node w1 is not in the cluster' },
  })
})

test('without the API nothing is known', async () => {
  const { host, drain, uncordon } = cluster()
  host.network.onRequest('https://127.0.0.1:6443/', { status: 503 })
  for (const answer of [await drain(), await uncordon(true)])
    expect(answer).toMatchObject({ outcome: 'not-yet', waitingFor: 'the API of the master' })
})

test('uncordon ends only the own cordon, unless a person wants more', async () => {
  const { api, drain, uncordon, isCordoned } = cluster()
  await drain()
  await uncordon(true)
  expect(api.nodes.get('w1')).toMatchObject({ unschedulable: false, annotations: {} })
  api.nodes.set('w1', { unschedulable: true, annotations: { theirs: 'x' } })
  await drain()
  await uncordon(true)
  expect(isCordoned()).toBe(true)
  await uncordon(false)
  expect(api.nodes.get('w1')).toMatchObject({ unschedulable: false, annotations: { theirs: 'x' } })
})

test('a person can make the own cordon theirs', async () => {
  const { drain, cordon, uncordon, isCordoned } = cluster()
  await drain()
  await cordon()
  await uncordon(true)
  expect(isCordoned()).toBe(true)
})

test('a person who uncordons the node and cordons it again keeps it cordoned', async () => {
  const { api, drain, uncordon, isCordoned } = cluster()
  await drain()
  // As `kubectl uncordon` and `kubectl cordon` do it: the annotation stays, and another manager has the field.
  Object.assign(api.nodes.get('w1') ?? {}, { cordonedBy: 'kubectl-cordon' })
  await uncordon(true)
  expect(isCordoned()).toBe(true)
  expect(api.nodes.get('w1')?.annotations).toEqual({})
  await uncordon(true)
  expect(isCordoned()).toBe(true)
})

test('a Node that changed meanwhile is read again', async () => {
  const { api, cordon, uncordon, isCordoned } = cluster()
  const change = () => Object.assign(api.nodes.get('w1') ?? {}, { version: 7 })
  api.beforePatch.push(change)
  expect(await cordon()).toMatchObject({ outcome: 'done' })
  expect(isCordoned()).toBe(true)
  // Nothing left to change.
  api.changes.length = 0
  await cordon()
  expect(api.changes).toEqual([])
  api.beforePatch.push(() => void api.nodes.delete('w1'))
  expect(await uncordon(false)).toMatchObject({ outcome: 'done' })
})
