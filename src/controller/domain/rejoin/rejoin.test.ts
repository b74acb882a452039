import { expect, test } from 'vitest'
import { cluster, EARLY, member, run } from '../../../../test/support/controller/member.ts'
import { direct } from '../director/director.ts'
import type { Node, Run } from '../records.ts'
import type { Member } from '../situation.ts'
import { rejoinOrder, rejoinsAfter, rejoinToStart } from './rejoin.ts'

const now = new Date('2026-01-02T00:00:00.000Z')
const REJOIN = { recovery: 'r-bbbbbbbbbb', survivor: 'm1', since: EARLY }
const order = (source: string, nodes: string[], backup: string | null = null) =>
  JSON.stringify({ restore: { id: REJOIN.recovery, source, backup, nodes } })

interface Given {
  node?: Partial<Node>
  repair?: Partial<Run>
}

function master(name: string, { node = {}, repair }: Given = {}): Member {
  const task = name === 'm1' ? 'first-master' : 'master'
  const its: Partial<Node> = { id: name, name, roles: ['master'], state: 'READY', place: { task, reached: 'done' } }
  return member({ ...its, ...node }, { nodeId: name, role: task, state: 'done' }, 0, repair ?? null)
}

const restoring = (nodeId: string, payload: string, its: Partial<Run> = {}) =>
  run({ nodeId, role: 'restore-etcd', repair: true, payload, ...its })
const replaced = (before: Run): Run => ({ ...before, progress: { ...before.progress, replacedData: true } })

const error = { code: 'restore/no-founder', message: 'none', fix: 'again' }
const three = ['m1', 'm2', 'm3'].map((name) => master(name).node)
const worker = {
  ...member({ id: 'w1', name: 'w1', roles: ['worker'], place: { task: 'worker', reached: 'done' } }).node,
}
const left: Given = { node: { rejoin: REJOIN } }

test.each([
  ['a recovery', null, {}],
  ['a recovery whose acknowledgement was lost', null, { state: 'expired' }],
  ['a restore', 'm1-20260101T000000Z', {}],
] as const)(
  'as soon as the source of %s has its data, all other masters have to join it, whatever comes of the run',
  (_, backup, its) => {
    const before = restoring('m1', order('m1', ['m1', 'm2'], backup), its)
    const rejoin = { recovery: REJOIN.recovery, survivor: 'm1', since: now.toISOString() }
    const joins = ['m2', 'm3'].map((id) => ({ id, to: { rejoin, error: null } }))
    const after = replaced(before)
    expect(rejoinsAfter(before, after, [...three, worker], now)).toEqual([{ id: 'm1', to: { rejoin: null } }, ...joins])
    for (const state of ['failed', 'done'] as const)
      expect(rejoinsAfter(after, { ...after, state }, [...three, worker], now)).toEqual([])
  },
)

test('nobody is left out by a run that failed before it replaced the data', () => {
  const before = restoring('m1', order('m1', ['m1', 'm2']))
  expect(rejoinsAfter(before, { ...before, state: 'failed' }, three, now)).toEqual([])
})

test.each([
  ['restore-etcd', 'done', order('m1', ['m1', 'm3']), true],
  ['restore-etcd', 'failed', order('m1', ['m1', 'm3']), false],
  ['master', 'done', '', true],
  ['renew', 'done', '', false],
] as const)('a run %s that is %s: has joined', (role, state, payload, hasJoined) => {
  const nodes = [master('m1').node, master('m3', left).node]
  const before = restoring('m3', payload, { role })
  expect(rejoinsAfter(before, { ...before, state }, nodes, now)).toEqual(
    hasJoined ? [{ id: 'm3', to: { rejoin: null } }] : [],
  )
})

test('the order names the survivor and the master alone; without the survivor it joins as a further master does', () => {
  const m3 = master('m3', left)
  const wanted = { id: REJOIN.recovery, source: 'm1', backup: null, nodes: ['m1', 'm3'] }
  expect(rejoinOrder(m3.node, [master('m1'), m3])).toEqual(wanted)
  expect(rejoinOrder(m3.node, [master('m2'), m3])).toBeUndefined()
  expect(rejoinOrder(master('m2').node, [master('m1')])).toBeUndefined()
})

test.each<[string, Given, Given, string | undefined]>([
  ['when it is back', {}, {}, 'm2'],
  ['not while it is away, and the next one begins', { node: { silent: 'suspect' } }, {}, 'm3'],
  ['one at a time', { repair: { role: 'restore-etcd', state: 'open' } }, {}, undefined],
  ['after the other', { node: { rejoin: null }, repair: { role: 'restore-etcd', state: 'done' } }, {}, 'm3'],
  [
    'not again by itself after a failure',
    { repair: { role: 'restore-etcd', state: 'failed' } },
    { node: { silent: 'suspect' } },
    undefined,
  ],
  [
    'again if the order expired',
    { repair: { role: 'restore-etcd', state: 'expired' } },
    { node: { silent: 'suspect' } },
    'm2',
  ],
  [
    'not with an error that a person has to mend',
    { node: { error: { code: 'a/b', message: '', fix: '' } } },
    { node: { silent: 'suspect' } },
    undefined,
  ],
])('%s', (_, second, third, expected) => {
  const of = (given: Given): Given => ({ ...given, node: { rejoin: REJOIN, ...given.node } })
  const members = [master('m1'), master('m2', of(second)), master('m3', of(third))]
  expect(rejoinToStart({ members, now })).toBe(expected)
})

test('not before it was seen again, although it was not silent for long', () => {
  const given = { node: { rejoin: { ...REJOIN, since: '2026-01-01T23:59:30.000Z' } } }
  const seen = (silentMs: number) =>
    rejoinToStart({ members: [master('m1'), { ...master('m3', given), silentMs }], now })
  expect([seen(50_000), seen(10_000)]).toEqual([undefined, 'm3'])
})

const instruct = { kind: 'instruct', nodeId: 'm3', role: 'restore-etcd', repair: true }

function decide(members: Member[], repairAttempt = 0) {
  const its = { desired: 'provision', state: 'READY', establishedAt: EARLY, attempt: 0, repairAttempt } as const
  return direct({ cluster: cluster(its), members, now, reportSilentMs: 0 }).filter(({ kind }) =>
    ['instruct', 'expire', 'node'].includes(kind),
  )
}

test('the director: it joins by itself, and with the next repair after a failure, which begins with the survivor', () => {
  expect(decide([master('m1'), master('m3', left)])).toEqual([instruct])
  const failed: Given = {
    node: { rejoin: REJOIN, error },
    repair: { nodeId: 'm3', role: 'restore-etcd', state: 'failed', error, endedAt: now.toISOString() },
  }
  expect(decide([master('m1'), master('m3', failed)])).toEqual([])
  const survivor = { ...instruct, nodeId: 'm1', role: 'first-master' }
  expect(decide([master('m1'), master('m3', failed)], 1)).toEqual([survivor])
  expect(decide([master('m1'), master('m3', left)], 1), 'one at a time').toEqual([survivor])
  expect(decide([master('m1', { node: { attempt: 1 } }), master('m3', failed)], 1)).toEqual([instruct])
})

test('the director: an order that expires while the master is away is made again when it is back', () => {
  const its = { nodeId: 'm3', role: 'restore-etcd', acknowledged: false, expiresAt: EARLY } as const
  const away = (state: 'open' | 'expired'): Member => {
    const node = { rejoin: REJOIN, silent: 'unreachable' } as const
    return { ...master('m3', { node, repair: { ...its, state, endedAt: now.toISOString() } }), silentMs: 500_000 }
  }
  expect(decide([master('m1'), away('open')])).toMatchObject([{ kind: 'expire' }])
  expect(decide([master('m1'), away('expired')])).toEqual([])
  const back = { ...left, repair: { ...its, state: 'expired', endedAt: now.toISOString() } } as const
  expect(decide([master('m1'), master('m3', back)])).toEqual([instruct])
})

test('the director: what failed before the recovery does not keep it from joining', () => {
  const failed = { nodeId: 'm3', role: 'master', state: 'failed', error, endedAt: '2025-12-31T00:00:00.000Z' } as const
  const before = restoring('m1', order('m1', ['m1']))
  const m3 = master('m3', { node: { error }, repair: failed })
  const to = rejoinsAfter(before, replaced(before), [master('m1').node, m3.node], now).find(({ id }) => id === 'm3')?.to
  const marked = { ...m3, node: { ...m3.node, ...to } }
  const away = { ...marked, node: { ...marked.node, silent: 'unreachable' }, silentMs: 500_000 } as const
  expect(decide([master('m1'), away]), 'the error does not come back').toEqual([])
  expect(decide([master('m1'), marked])).toEqual([instruct])
})
