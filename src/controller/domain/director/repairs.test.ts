import { describe, expect, it } from 'vitest'
import { cluster, member } from '../../../../test/support/controller/member.ts'
import type { KnownProblem, Node, Run } from '../records.ts'
import type { Member } from '../situation.ts'
import { repairsToStart, repairTaskOf } from './repairs.ts'

const READY = { state: 'READY', attempt: 1 } as const
type Changes = { node?: Partial<Node>; run?: Partial<Run>; repair?: Partial<Run> | null; silentMs?: number }
const open = { state: 'open' } as const

function master(name: string, { node = {}, run = {}, repair = null }: Changes = {}): Member {
  const own = { id: name, name, roles: ['master'], ...READY, ...node } as const
  return member({ ...own, roles: ['master'] }, { role: 'master', state: 'done', ...run }, 0, repair)
}
function worker(name: string, { node = {}, run = {}, repair = null }: Changes = {}): Member {
  return member(
    { id: name, name, ...READY, roles: ['worker'], ...node },
    { role: 'worker', state: 'done', ...run },
    0,
    repair,
  )
}
const problem = (node: string): KnownProblem => ({
  ...{ code: 'node/not-ready', subject: node, node, message: '', since: '', firstSeenAt: '' },
  ...{ seenBy: 'operator', counts: true },
})
const told = { node: { attempt: 2 } }

const table: [string, Member[], string[], KnownProblem[]?][] = [
  [
    'workers side by side, and one master',
    [master('m1'), master('m2'), worker('w1'), worker('w2')],
    ['m1', 'w1', 'w2'],
  ],
  ['the one that something is wrong with comes first', [master('m1'), master('m2')], ['m2'], [problem('m2')]],
  ['one at a time', [master('m1', { ...told, repair: open }), master('m2'), worker('w1')], ['w1']],
  [
    'however long it takes: it may have stopped etcd',
    [master('m1', { ...told, repair: { ...open, createdAt: '2020-01-01T00:00:00.000Z' } }), master('m2')],
    [],
  ],
  ['the next when it has ended', [master('m1', { ...told, repair: { state: 'done' } }), master('m2')], ['m2']],
  [
    'none after one that failed',
    [master('m1', { ...told, repair: { state: 'failed' } }), master('m2'), worker('w1')],
    ['w1'],
  ],
  ['but for a failure of an earlier time', [master('m1', { repair: { state: 'failed' } }), master('m2')], ['m1']],
  [
    'none while one that is away may be in the middle of it',
    [master('m1', { node: { attempt: 2, silent: 'unreachable' }, repair: open }), master('m2')],
    [],
  ],
  ['none while a master joins', [master('m1'), master('m2', { node: { state: 'PROVISIONING' }, run: open })], []],
  [
    'one that is away is told when it is back',
    [master('m1', { node: { silent: 'unreachable' } }), master('m2')],
    ['m2'],
  ],
  ['once only', [master('m1', told), worker('w1', told)], []],
  ['one that leaves does not', [master('m1', told), worker('w1', { node: { leaving: 'retire' } })], []],
  [
    'nobody is repaired where no master stays',
    [master('m1', { node: { leaving: 'retire' }, run: { role: 'first-master' } }), worker('w1')],
    [],
  ],
  ['one that is not READY does not', [master('m1', told), worker('w1', { node: { state: 'FAILED' } })], []],
]

describe('repairs', () => {
  it.each(table)('%s', (_, members, expected, problems = []) => {
    const asked = cluster({ desired: 'provision', attempt: 2, repairAttempt: 2, problems })
    expect(repairsToStart(asked, members)).toEqual(expected)
  })

  it('are not for a cluster that was only asked to bring in others', () => {
    expect(repairsToStart(cluster({ attempt: 5, repairAttempt: 1 }), [master('m1'), worker('w1')])).toEqual([])
  })

  it('are the work that the node did: its founder looks after the add-ons, or who comes after it', () => {
    const founder = master('m2', { run: { role: 'first-master' } })
    const [m1, w1] = [master('m1'), worker('w1')]
    const roles = (members: Member[]) => members.map(repairTaskOf(members))
    expect(roles([m1, founder, w1])).toEqual(['master', 'first-master', 'worker'])
    expect(roles([m1, master('m3'), w1])).toEqual(['first-master', 'master', 'worker'])
  })
})
