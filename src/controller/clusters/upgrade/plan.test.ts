import { expect, it } from 'vitest'
import { cluster, EARLY, node, run } from '../../../../test/support/controller/member.ts'
import { wellReport } from '../../../../test/support/controller/well-report.ts'
import { NOBODY } from '../../live/presence.ts'
import { type Planning, planOn } from './plan.ts'

const NOW = new Date(EARLY)
const ports = {
  ...{ now: () => NOW, startedAt: NOW, presence: NOBODY },
  bundles: { versions: () => ['v1.36.2', 'v1.37.2'] },
} as unknown as Planning
const up = { desired: 'provision', state: 'READY', establishedAt: EARLY, reportAt: EARLY } as const
const wanted = cluster({ ...up, report: wellReport(['one'], ['one']) })
const one = node({ state: 'READY', roles: ['master'] })
const joined = run({ state: 'done' })

const to = { to: 'v1.37.2', maxUnavailable: '1', groups: new Map<string, string>() }
const planWith = (nodes: (typeof one)[], runs: (typeof joined)[], changes: Partial<typeof to> = {}) =>
  planOn(ports, { cluster: wanted, nodes, runs, enrolments: [], version: 1 } as never, { ...to, ...changes })
const problemsWith = (...runs: (typeof joined)[]) => planWith([one], runs).problems

it('nothing prevents the upgrade of a cluster that is well', () => {
  expect(problemsWith(joined)).toEqual([])
})

it('a restore of etcd that is not over prevents an upgrade', () => {
  const restore = run({ id: 'r-bbbbbbbbbb', role: 'restore-etcd', repair: true, generation: 2 })
  expect(problemsWith(joined, restore)).toMatchObject([
    { code: 'restore/busy', message: 'etcd of cluster demo is being restored, on node one' },
  ])
  expect(problemsWith(joined, { ...restore, state: 'done' })).toEqual([])
})

it('groups of workers follow one another, with those without the label last; a percentage is one of the group', () => {
  const names = ['w1', 'w2', 'w3', 'w4', 'w5']
  const workers = names.map((name) => node({ id: `n-${name}`, name, state: 'READY', roles: ['worker'] }))
  const groups = new Map([
    ['w1', 'south'],
    ['w2', 'north'],
    ['w4', 'south'],
    ['w5', 'north'],
  ])
  const { nodes } = planWith([one, ...workers], [joined], { maxUnavailable: '50%', groups })
  expect(nodes.map(({ name, wave, group }) => `${name} ${wave} ${group}`)).toEqual([
    'one 0 null',
    ...['w2 1 north', 'w5 2 north', 'w1 3 south', 'w4 4 south', 'w3 5 null'],
  ])
  expect(planWith([one, ...workers], [joined], { maxUnavailable: '2', groups }).nodes.map(({ wave }) => wave)).toEqual([
    ...[0, 1, 1, 2, 2, 3],
  ])
})
