import { describe, expect, it } from 'vitest'
import { cluster, member, upgrade } from '../../../../test/support/controller/member.ts'
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
const attempted = { node: { attempt: 2 } }

const table: [string, Member[], string[], KnownProblem[]?][] = [
  ['workers in parallel, and one master', [master('m1'), master('m2'), worker('w1'), worker('w2')], ['m1', 'w1', 'w2']],
  ['a master with a problem comes first', [master('m1'), master('m2')], ['m2'], [problem('m2')]],
  ['masters one at a time', [master('m1', { ...attempted, repair: open }), master('m2'), worker('w1')], ['w1']],
  [
    'however long a repair takes, because it may have stopped etcd',
    [master('m1', { ...attempted, repair: { ...open, createdAt: '2020-01-01T00:00:00.000Z' } }), master('m2')],
    [],
  ],
  [
    'the next after the repair has ended',
    [master('m1', { ...attempted, repair: { state: 'done' } }), master('m2')],
    ['m2'],
  ],
  [
    'none after a failed repair',
    [master('m1', { ...attempted, repair: { state: 'failed' } }), master('m2'), worker('w1')],
    ['w1'],
  ],
  [
    'except after a failure in an earlier attempt',
    [master('m1', { repair: { state: 'failed' } }), master('m2')],
    ['m1'],
  ],
  [
    'none while an unreachable master may be repairing',
    [master('m1', { node: { attempt: 2, silent: 'unreachable' }, repair: open }), master('m2')],
    [],
  ],
  ['none while a master joins', [master('m1'), master('m2', { node: { state: 'PROVISIONING' }, run: open })], []],
  [
    'an unreachable node is repaired when it is back',
    [master('m1', { node: { silent: 'unreachable' } }), master('m2')],
    ['m2'],
  ],
  ['each once', [master('m1', attempted), worker('w1', attempted)], []],
  ['a leaving node is not repaired', [master('m1', attempted), worker('w1', { node: { leaving: 'retire' } })], []],
  [
    'no node is repaired if no master remains',
    [master('m1', { node: { leaving: 'retire' }, run: { role: 'first-master' } }), worker('w1')],
    [],
  ],
  [
    'a node that is not READY is not repaired',
    [master('m1', attempted), worker('w1', { node: { state: 'FAILED' } })],
    [],
  ],
]

describe('repairs', () => {
  it.each(table)('%s', (_, members, expected, problems = []) => {
    const asked = cluster({ desired: 'provision', attempt: 2, repairAttempt: 2, problems })
    expect(repairsToStart(asked, members)).toEqual(expected)
  })

  it('do not happen when an attempt only adds nodes', () => {
    expect(repairsToStart(cluster({ attempt: 5, repairAttempt: 1 }), [master('m1'), worker('w1')])).toEqual([])
  })

  it('bring labels that changed to a READY node, also after a failure, and not during an upgrade', () => {
    const labelled = { node: { attempt: 2, labelsDue: true } }
    const asked = cluster({ desired: 'provision', attempt: 2, repairAttempt: 2 })
    const members = [
      master('m1', { ...labelled, repair: { state: 'failed' } }),
      worker('w1', labelled),
      worker('w2', attempted),
    ]
    expect(repairsToStart(asked, members)).toEqual(['m1', 'w1'])
    expect(repairsToStart({ ...asked, upgrade: upgrade() }, members)).toEqual([])
  })

  it('have the task of the node: the master that started the cluster repairs the add-ons, or its successor', () => {
    const founder = master('m2', { run: { role: 'first-master' } })
    const [m1, w1] = [master('m1'), worker('w1')]
    const roles = (members: Member[]) => members.map(repairTaskOf(members))
    expect(roles([m1, founder, w1])).toEqual(['master', 'first-master', 'worker'])
    expect(roles([m1, master('m3'), w1])).toEqual(['first-master', 'master', 'worker'])
  })
})
