import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import type { CheckParams } from '../../engine/checks/check.ts'
import { check } from './check.ts'

const look = (mib: number, roles: CheckParams['roles']) =>
  check.look(fakeHost({ memoryBytes: mib * 2 ** 20 }), { roles, ownStateDirectory: '/var/lib/cantrip' })

test.each([
  [1_700, ['master'], 'pass'],
  [1_699, ['master'], 'fail'],
  [960, ['worker'], 'pass'],
  [512, ['worker'], 'fail'],
  [512, [], 'fail'],
  [960, [], 'warn'],
  [8_192, [], 'pass'],
] as const)('%i MiB for roles %j: %s', async (mib, roles, kind) => {
  expect(await look(mib, roles)).toMatchObject({ kind, found: `${mib} MiB` })
})
