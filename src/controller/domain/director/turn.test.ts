import { expect, it } from 'vitest'
import { member } from '../../../../test/support/controller/member.ts'
import type { RunProgress } from '../records.ts'
import type { Member } from '../situation.ts'
import { turnOf } from './turn.ts'

const first = (state: 'open' | 'done', changes = {}) =>
  member({ id: 'm1', name: 'm1', state: 'PROVISIONING', ...changes }, { role: 'first-master', state })
const apiUp = (changes = {}) => {
  const progress = { of: 9, done: 5, current: {}, letsIn: true } as const
  return member({ id: 'm1', name: 'm1', state: 'PROVISIONING', ...changes }, { role: 'first-master', progress })
}
const joining = (id: string, invited: boolean, changes = {}): Member =>
  member(
    { id, name: id, state: 'PROVISIONING', ...changes },
    { role: 'master', state: 'open', progress: { of: 0, done: 0, current: {}, ...(invited && { invited }) } },
  )
/** Its member of etcd has a vote, and its run goes on. */
const voting = (id: string, more: Partial<RunProgress> = {}): Member =>
  member(
    { id, name: id, state: 'PROVISIONING' },
    { role: 'master', state: 'open', progress: { of: 0, done: 0, current: {}, invited: true, hasVote: true, ...more } },
  )
const failed = (up: Member): Member => ({ ...up, run: up.run && { ...up.run, state: 'failed' } })
/** Its run was cut after it may have left a learner in etcd. */
const again = (id: string, more: Partial<RunProgress> = {}, changes = {}): Member =>
  member(
    { id, name: id, state: 'PROVISIONING', ...changes },
    { role: 'master', state: 'open', progress: { of: 0, done: 0, current: {}, mayHaveJoined: true, ...more } },
  )
const joined = (id: string) => member({ id, name: id, state: 'READY' }, { role: 'master', state: 'done' })
const worker = member({ id: 'w', name: 'w', state: 'PROVISIONING', roles: ['worker'] }, { role: 'worker' })

const table: [string, Member, Member[], string][] = [
  ['a worker, before there is a master', worker, [], 'waits for a master'],
  ['a worker, before the master has begun', worker, [member({ id: 'm1', name: 'm1' })], 'waits for master m1'],
  ['or before the API is up', worker, [first('open')], 'waits for master m1'],
  ['a worker is invited by a master whose API is up', worker, [apiUp()], 'm1'],
  ['also if that master has failed since', worker, [apiUp({ state: 'FAILED' })], 'm1'],
  ['a provisioned master comes first', worker, [apiUp(), joining('m2', true), joined('m3')], 'm3 m1'],
  ['a master waits for the first master', joining('m2', false), [first('open')], 'waits for master m1'],
  ['until its API is up', joining('m2', false), [apiUp()], 'm1'],
  [
    'but not for one that has failed',
    joining('m2', false),
    [failed(apiUp({ state: 'FAILED' }))],
    'waits for master m1',
  ],
  ['or until it is done', joining('m2', false), [first('done')], 'm1'],
  ['one at a time', joining('m2', false), [first('done'), joining('m3', true)], 'waits for master m3 to join first'],
  ['until that one has a vote', joining('m2', false), [first('done'), voting('m3')], 'm1'],
  ['also in another run', joining('m2', false), [first('done'), voting('m3', { mayHaveJoined: true })], 'm1'],
  ['all while the first master goes on', joining('m2', false), [apiUp(), voting('m3')], 'm1'],
  ['other waiting masters do not count', joining('m2', false), [first('done'), joining('m3', false)], 'm1'],
  [
    'nor does an unreachable one',
    joining('m2', false),
    [first('done'), joining('m3', true, { silent: 'unreachable' })],
    'm1',
  ],
  ['nor one that is back after another was invited', joining('m3', true), [first('done'), joining('m4', true)], 'm1'],
  [
    'which waits for the other one',
    joining('m4', true),
    [first('done'), joining('m3', true)],
    'waits for master m3 to join first',
  ],
  [
    'a master that may have left a learner in etcd comes first',
    joining('m2', false),
    [first('done'), again('m3')],
    'waits for master m3 to join first',
  ],
  ['and does not wait itself', again('m3'), [first('done'), joining('m2', false), again('m4')], 'm1'],
  [
    'except for an invited master',
    again('m3'),
    [first('done'), joining('m2', true)],
    'waits for master m2 to join first',
  ],
  ['which does not wait for it', joining('m2', true), [first('done'), again('m3')], 'm1'],
  [
    'an unreachable one is not waited for',
    joining('m2', false),
    [first('done'), again('m3', {}, { silent: 'unreachable' })],
    'm1',
  ],
  [
    'a master waits while another one is repaired',
    joining('m2', false),
    [first('done'), member({ id: 'm3', name: 'm3', state: 'READY' }, { role: 'master', state: 'done' }, 0, {})],
    'waits for master m3 to be repaired first',
  ],
  [
    'a master in repair can be invited again if its keys are lost',
    member({ id: 'm2', name: 'm2', state: 'READY' }, { role: 'master', state: 'done' }, 0, { role: 'master' }),
    [first('done'), joining('m3', false)],
    'm1',
  ],
  ['a master that asks again is still invited', joining('m2', true), [first('done'), joining('m3', false)], 'm1'],
]

it.each(table)('%s', (_, target, others, expected) => {
  const turn = turnOf(target, [...others, target])
  expect('masters' in turn ? turn.masters.map(({ name }) => name).join(' ') : `waits for ${turn.waitingFor}`).toBe(
    expected,
  )
})
