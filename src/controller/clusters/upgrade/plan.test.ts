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

const problemsWith = (...runs: (typeof joined)[]) =>
  planOn(ports, { cluster: wanted, nodes: [one], runs, enrolments: [], version: 1 } as never, 'v1.37.2', '1').problems

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
