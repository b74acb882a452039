import { expect, it } from 'vitest'
import { cluster, upgrade } from '../../../../test/support/controller/member.ts'
import { admitRestore } from './admit.ts'

it.each(['running', 'paused', 'failed', 'cancelling'] as const)('no restore while an upgrade is %s', (state) => {
  const upgraded = cluster({ upgrade: upgrade({ state }) })
  expect(() => admitRestore(upgraded)).toThrow(`cluster demo is being upgraded to v1.36.2: the upgrade is ${state}`)
})

it.each(['done', 'cancelled'] as const)('an upgrade that is %s does not prevent a restore', (state) => {
  expect(() => admitRestore(cluster({ upgrade: upgrade({ state }) }))).not.toThrow()
})
