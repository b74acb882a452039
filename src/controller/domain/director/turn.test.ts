import { expect, it } from 'vitest'
import { member } from '../../../../test/support/controller/member.ts'
import type { RunProgress } from '../records.ts'
import type { Member } from '../situation.ts'
import { turnOf } from './turn.ts'

const first = (state: 'open' | 'done', changes = {}) =>
  member({ id: 'm1', name: 'm1', state: 'PROVISIONING', ...changes }, { role: 'first-master', state })
const letsIn = (changes = {}) => {
  const progress = { of: 9, done: 5, current: {}, letsIn: true } as const
  return member({ id: 'm1', name: 'm1', state: 'PROVISIONING', ...changes }, { role: 'first-master', progress })
}
const joining = (id: string, invited: boolean, changes = {}): Member =>
  member(
    { id, name: id, state: 'PROVISIONING', ...changes },
    { role: 'master', state: 'open', progress: { of: 0, done: 0, current: {}, ...(invited && { invited }) } },
  )
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
  ['a worker, before its master has begun', worker, [member({ id: 'm1', name: 'm1' })], 'waits for master m1'],
  ['or before its API is up', worker, [first('open')], 'waits for master m1'],
  ['a worker asks a master whose API is up', worker, [letsIn()], 'm1'],
  ['also where that has failed since', worker, [letsIn({ state: 'FAILED' })], 'm1'],
  ['a master that is done is asked first', worker, [letsIn(), joining('m2', true), joined('m3')], 'm3 m1'],
  ['a master waits for the first', joining('m2', false), [first('open')], 'waits for master m1'],
  ['and then has its turn', joining('m2', false), [first('done')], 'm1'],
  ['alone', joining('m2', false), [first('done'), joining('m3', true)], 'waits for master m3 to join first'],
  ['others that wait do not count', joining('m2', false), [first('done'), joining('m3', false)], 'm1'],
  [
    'nor does one that is silent for long',
    joining('m2', false),
    [first('done'), joining('m3', true, { silent: 'unreachable' })],
    'm1',
  ],
  [
    'nor, once it is back, one that another has overtaken',
    joining('m3', true),
    [first('done'), joining('m4', true)],
    'm1',
  ],
  [
    'which waits for that one',
    joining('m4', true),
    [first('done'), joining('m3', true)],
    'waits for master m3 to join first',
  ],
  [
    'one that may have left a learner in etcd comes before one that has not',
    joining('m2', false),
    [first('done'), again('m3')],
    'waits for master m3 to join first',
  ],
  ['and itself does not wait', again('m3'), [first('done'), joining('m2', false), again('m4')], 'm1'],
  ['but for whose turn it is', again('m3'), [first('done'), joining('m2', true)], 'waits for master m2 to join first'],
  ['who does not wait for it', joining('m2', true), [first('done'), again('m3')], 'm1'],
  [
    'nor is it waited for where it is away',
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
    'a master in repair whose keys are gone asks for them',
    member({ id: 'm2', name: 'm2', state: 'READY' }, { role: 'master', state: 'done' }, 0, { role: 'master' }),
    [first('done'), joining('m3', false)],
    'm1',
  ],
  ['one that asks again has its turn still', joining('m2', true), [first('done'), joining('m3', false)], 'm1'],
]

it.each(table)('%s', (_, target, others, expected) => {
  const turn = turnOf(target, [...others, target])
  expect('masters' in turn ? turn.masters.map(({ name }) => name).join(' ') : `waits for ${turn.waitingFor}`).toBe(
    expected,
  )
})
