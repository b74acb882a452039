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

const ended = (nodeId: string, payload: string, its: Partial<Run> = {}) =>
  run({ nodeId, role: 'restore-etcd', repair: true, state: 'done', payload, ...its })

const three = ['m1', 'm2', 'm3'].map((name) => master(name).node)
const worker = {
  ...member({ id: 'w1', name: 'w1', roles: ['worker'], place: { task: 'worker', reached: 'done' } }).node,
}
const left: Given = { node: { rejoin: REJOIN } }

test('when the survivor has its data, the masters that were left out have to join it', () => {
  const survivor = ended('m1', order('m1', ['m1', 'm2']))
  expect(rejoinsAfter(survivor, [...three, worker], now)).toEqual([
    { id: 'm3', rejoin: { recovery: REJOIN.recovery, survivor: 'm1', since: now.toISOString() } },
  ])
})

test.each([
  ['of another master', ended('m2', order('m1', ['m1', 'm2']))],
  ['that has failed', ended('m1', order('m1', ['m1', 'm2']), { state: 'failed' })],
  ['from a backup, in which all masters take part', ended('m1', order('m1', ['m1', 'm2'], 'm1-20260101T000000Z'))],
  ['of another role', ended('m1', '', { role: 'renew' })],
])('nobody is left out by a run %s', (_, its) => {
  expect(rejoinsAfter(its, three, now)).toEqual([])
})

test.each([
  ['restore-etcd', order('m1', ['m1', 'm3']), true],
  ['master', '', true],
  ['renew', '', false],
] as const)('a run %s that is done: has joined', (role, payload, hasJoined) => {
  const nodes = [master('m1').node, master('m3', left).node]
  const changes = rejoinsAfter(ended('m3', payload, { role }), nodes, now)
  expect(changes).toEqual(hasJoined ? [{ id: 'm3', rejoin: null }] : [])
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
  expect(rejoinToStart([master('m1'), master('m2', of(second)), master('m3', of(third))])).toBe(expected)
})

test('the director: it joins by itself, and with the next repair after a failure', () => {
  const decide = (m3: Member, repairAttempt = 0) => {
    const its = { desired: 'provision', state: 'READY', establishedAt: EARLY, attempt: 0, repairAttempt } as const
    const members = [master('m1'), m3]
    return direct({ cluster: cluster(its), members, now, reportSilentMs: 0 })
  }
  const instruct = { kind: 'instruct', nodeId: 'm3', role: 'restore-etcd', repair: true }
  expect(decide(master('m3', left))).toEqual([instruct])
  const error = { code: 'restore/no-founder', message: 'none', fix: 'again' }
  const failed: Given = {
    node: { rejoin: REJOIN, error },
    repair: { nodeId: 'm3', role: 'restore-etcd', state: 'failed', error },
  }
  expect(decide(master('m3', failed)).filter(({ kind }) => kind === 'instruct')).toEqual([])
  expect(decide(master('m3', failed), 1)).toEqual([instruct])
})
