import { expect, it } from 'vitest'
import { cluster, EARLY, member } from '../../../../test/support/controller/member.ts'
import type { EtcdHealth } from '../../../protocol/wire/operation.ts'
import type { EtcdLook, Node } from '../records.ts'
import type { Member } from '../situation.ts'
import { etcdProblems } from './etcd-problems.ts'

const master = (name: string, changes: Partial<Node> = {}): Member =>
  member({ id: `n-${name}`, name, roles: ['master'], state: 'READY', ...changes }, { role: 'master', state: 'done' })
const MASTERS = ['m1', 'm2', 'm3'].map((name) => master(name))
const well = (name: string): EtcdHealth => ({ name, isHealthy: true, isLearner: false })
const ill = (name: string): EtcdHealth => ({ ...well(name), isHealthy: false })
const ALL = ['m1', 'm2', 'm3'].map(well)

function problems(etcd: Partial<EtcdLook> | null, members: readonly Member[] = MASTERS, gone: string[] = []) {
  const look = etcd && { at: EARLY, members: [], silentOn: null, ...etcd }
  const targets = gone.map((name) => ({ name, address: '10.0.0.9', role: 'master' as const }))
  return etcdProblems(cluster({ etcd: look, gone: targets }), members)
}
const codes = (...given: Parameters<typeof problems>) =>
  problems(...given).map(({ code, node }) => `${code} ${node ?? ''}`.trim())

it('no look, and healthy members: no problem', () => {
  expect(codes(null)).toEqual([])
  expect(codes({ members: ALL })).toEqual([])
})

it('an unhealthy member is named, with how many more failures etcd tolerates', () => {
  const [found, ...others] = problems({ members: [well('m1'), ill('m2'), well('m3')] })
  expect(others).toEqual([])
  expect(found).toMatchObject({ code: 'etcd/member-unhealthy', subject: 'm2', node: 'm2', seenBy: 'agent' })
  expect(found?.message).toBe(
    'the etcd member on node m2 is unhealthy: 2 of 3 members are healthy; etcd tolerates no further failure',
  )
  const five = ['m1', 'm2', 'm3', 'm4', 'm5'].map((name) => master(name))
  const members = [ill('m1'), ...['m2', 'm3', 'm4', 'm5'].map(well)]
  expect(problems({ members }, five)[0]?.message).toMatch(
    /: 4 of 5 members are healthy; etcd tolerates 1 more failure$/,
  )
})

it('without a quorum that is the problem, and not each member', () => {
  const [found, ...others] = problems({ members: ['m1', 'm2', 'm3'].map(ill) })
  expect(others).toEqual([])
  expect(found).toMatchObject({ code: 'etcd/no-quorum', subject: '', node: null })
  expect(found?.message).toBe('etcd has no quorum: 0 of 3 members are healthy, 2 are needed; unhealthy: m1, m2, m3')
  expect(codes({ members: [ill('m1')] }, [master('m1')])).toEqual(['etcd/no-quorum m1'])
})

it('etcd that does not answer on the master that was asked', () => {
  const [found] = problems({ silentOn: 'm1' }, [master('m1')])
  expect(found).toMatchObject({ code: 'etcd/no-answer', node: 'm1', message: 'etcd on node m1 does not answer' })
})

it('a learner has no vote, and a master without a member is missing', () => {
  expect(codes({ members: [well('m1'), { ...well('m2'), isLearner: true }, well('m3')] })).toEqual([
    'etcd/member-learner m2',
  ])
  expect(codes({ members: [well('m1'), well('m3')] })).toEqual(['etcd/member-missing m2'])
})

it('nodes that join, are repaired or leave are no problem', () => {
  const joining = [master('m1'), master('m2'), master('m3', { state: 'PROVISIONING' })]
  expect(codes({ members: [well('m1'), well('m2'), { ...ill('m3'), isLearner: true }] }, joining)).toEqual([])
  expect(codes({ members: [well('m1'), well('m2'), { ...ill(''), isLearner: true }] }, joining)).toEqual([])
  const leaving = [master('m1'), master('m2'), master('m3', { leaving: 'retire' })]
  expect(codes({ members: [well('m1'), well('m2'), ill('m3')] }, leaving)).toEqual([])
  expect(codes({ members: [well('m1'), well('m2'), ill('m3')] }, MASTERS.slice(0, 2), ['m3'])).toEqual([])
})

it('an unhealthy member of a node that the cluster no longer has', () => {
  const [found] = problems({ members: [well('m1'), well('m2'), ill('old')] }, MASTERS.slice(0, 2))
  expect(found).toMatchObject({ code: 'etcd/member-unhealthy', subject: 'old', node: null })
  expect(found?.message).toMatch(/^the etcd member old, of no node of the cluster, is unhealthy: 2 of 3 /)
})
