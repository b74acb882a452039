import { expect, it } from 'vitest'
import { cluster, member } from '../../../../test/support/controller/member.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import type { Cluster, Node, Run } from '../records.ts'
import type { Member } from '../situation.ts'
import { endpointOf } from './endpoint.ts'

const master = (id: string, changes: Partial<Node> = {}, run: Partial<Run> | null = null): Member =>
  member({ id, name: id, address: `10.0.0.${id.at(-1)}`, ...changes }, run)
const worker = (run: Partial<Run>) =>
  member({ id: 'w', roles: ['worker'], state: 'PROVISIONING' }, { role: 'worker', ...run })
const OLD = { endpoint: '10.0.0.1:6443' }
const NAME = 'api.demo.cantrip.internal:6443'
const provisioning = { state: 'PROVISIONING' } as const
const invited = { of: 0, done: 0, current: {}, invited: true } as const

const table: [string, Partial<Cluster>, Member[], string][] = [
  ['one master, by its address', {}, [master('m1')], '10.0.0.1:6443'],
  ['IPv6', {}, [master('m1', { address: 'fd00::1' })], '[fd00::1]:6443'],
  ['several, by a name', {}, ['m1', 'm2', 'm3'].map((id) => master(id)), NAME],
  ['a load balancer', { settings: ClusterSettings.parse({ apiEndpoint: 'lb:443' }) }, [master('m1')], 'lb:443'],
  [
    'a master that has begun keeps the endpoint',
    OLD,
    [master('m1', { ...provisioning, address: '10.0.0.9' }, {})],
    OLD.endpoint,
  ],
  [
    'also a FAILED one',
    OLD,
    [master('m1', { state: 'FAILED', address: '10.0.0.9' }, { state: 'failed' })],
    OLD.endpoint,
  ],
  ['the former master was removed, and another one begins', OLD, [master('m2'), worker({})], '10.0.0.2:6443'],
  [
    'the former master is being removed',
    OLD,
    [master('m1', { ...provisioning, leaving: 'retire' }, {}), master('m2')],
    '10.0.0.2:6443',
  ],
  ['it was reset', OLD, [master('m2', { state: 'CONFIGURED' }, { role: 'reset', state: 'done' })], '10.0.0.2:6443'],
  ['three other masters begin', OLD, ['m2', 'm3', 'm4'].map((id) => master(id)), NAME],
  ['but a worker has joined', OLD, [master('m2'), worker({ state: 'done' })], OLD.endpoint],
  ['but a worker may have joined', OLD, [master('m2'), worker({ progress: invited })], OLD.endpoint],
  [
    'a master that has joined keeps the endpoint',
    OLD,
    [master('m2', { state: 'READY' }, { role: 'master', state: 'done' })],
    OLD.endpoint,
  ],
]

it.each(table)('%s', (_, changes, members, endpoint) => {
  expect(endpointOf(cluster(changes), members)).toBe(endpoint)
})
