import { expect, it } from 'vitest'
import { cluster, EARLY, upgrade } from '../../../test/support/controller/member.ts'
import type { KnownProblem } from '../domain/records.ts'
import { degradedError, visibleClusterState } from './cluster-state.ts'

it('a cluster whose upgrade has failed is DEGRADED, and its fix is that of the upgrade', () => {
  const error = { code: 'upgrade/drain-blocked', message: 'node w1 cannot be drained', fix: 'let the pod move' }
  const problem: KnownProblem = {
    ...{ code: 'upgrade/failed', subject: '', node: null, message: 'the upgrade has failed', seenBy: 'controller' },
    ...{ since: EARLY, firstSeenAt: EARLY, counts: true },
  }
  const failed = cluster({ state: 'REPAIRING', problems: [problem], upgrade: upgrade({ state: 'failed', error }) })
  expect(visibleClusterState(failed)).toBe('DEGRADED')
  expect(degradedError(failed)?.fix).toBe('see: controller cluster show demo; let the pod move')
})

it('a cluster whose upgrade is paused is PROVISIONING', () => {
  expect(visibleClusterState(cluster({ state: 'REPAIRING', upgrade: upgrade({ state: 'paused' }) }))).toBe(
    'PROVISIONING',
  )
})
