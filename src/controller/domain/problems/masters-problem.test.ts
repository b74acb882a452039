import { expect, it } from 'vitest'
import { cluster, EARLY, member } from '../../../../test/support/controller/member.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import type { Cluster } from '../records.ts'
import type { Member } from '../situation.ts'
import { mastersProblem } from './masters-problem.ts'

const waiting = (id: string): Member => member({ id, name: id, address: `10.0.0.${id.at(-1)}` })
const there = (id: string): Member =>
  member({ id, name: id, address: `10.0.0.${id.at(-1)}`, state: 'READY' }, { role: 'master', state: 'done' })
const failed = (id: string): Member =>
  member({ id, name: id, address: `10.0.0.${id.at(-1)}`, state: 'FAILED' }, { role: 'master', state: 'failed' })
const worker = member({ id: 'w', roles: ['worker'] })
const named = { endpoint: 'api.demo.cantrip.internal:6443' }
const balanced = { endpoint: 'lb:6443', settings: ClusterSettings.parse({ apiEndpoint: 'lb:6443' }) }

const table: [string, Partial<Cluster>, Member[], string | undefined][] = [
  ['one', {}, [waiting('m1')], undefined],
  ['three', {}, [waiting('m1'), waiting('m2'), waiting('m3'), worker], undefined],
  ['five', {}, ['m1', 'm2', 'm3', 'm4', 'm5'].map(waiting), undefined],
  ['none', {}, [worker], 'cluster/no-master'],
  ['two', {}, [waiting('m1'), waiting('m2')], 'masters/even'],
  ['four', {}, ['m1', 'm2', 'm3', 'm4'].map(waiting), 'masters/even'],
  ['a fourth', named, [there('m1'), there('m2'), there('m3'), waiting('m4')], 'masters/even'],
  ['a third that replaces a lost one', named, [there('m1'), there('m2'), waiting('m3')], undefined],
  ['a worker after one of three was lost', named, [there('m1'), there('m2'), worker], undefined],
  [
    'two more for a cluster of three',
    named,
    [...['m1', 'm2', 'm3'].map(there), waiting('m4'), waiting('m5')],
    undefined,
  ],
  [
    'two more for a cluster of one that was READY',
    { endpoint: '10.0.0.1:6443', establishedAt: EARLY },
    [there('m1'), waiting('m2'), waiting('m3')],
    undefined,
  ],
  [
    'one more for a cluster of one',
    { endpoint: '10.0.0.1:6443', establishedAt: EARLY },
    [there('m1'), waiting('m2')],
    'masters/even',
  ],
  [
    'two more for a cluster of one that was never READY',
    { endpoint: '10.0.0.1:6443' },
    [there('m1'), waiting('m2'), waiting('m3')],
    'masters/endpoint',
  ],
  [
    'three instead of one that was removed before another node joined',
    { endpoint: '10.0.0.9:6443' },
    [waiting('m1'), waiting('m2'), waiting('m3')],
    undefined,
  ],
  ['two more, behind a load balancer', balanced, [there('m1'), waiting('m2'), waiting('m3')], undefined],
  ['one that has begun retries, after a third was lost', named, [there('m1'), failed('m2')], undefined],
  ['but no other master begins', named, [there('m1'), failed('m2'), failed('m3'), waiting('m4')], 'masters/even'],
  ['the first one again', { endpoint: '10.0.0.1:6443' }, [waiting('m1')], undefined],
]

it.each(table)('%s', (_, changes, members, code) => {
  expect(mastersProblem(cluster(changes), members)?.code).toBe(code)
})
