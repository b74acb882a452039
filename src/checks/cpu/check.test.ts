import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import type { CheckParams } from '../../engine/check.ts'
import { check } from './check.ts'

const look = (cpuCount: number, roles: CheckParams['roles']) =>
  check.look(fakeHost({ cpuCount }), { roles, ownStateDirectory: '/var/lib/cantrip' })

test.each([
  [2, ['master'], 'pass'],
  [1, ['master'], 'fail'],
  [1, ['worker'], 'pass'],
  [1, ['master', 'worker'], 'fail'],
  [1, [], 'warn'],
  [4, [], 'pass'],
] as const)('%i cores for roles %j: %s', async (cores, roles, kind) => {
  expect(await look(cores, roles)).toMatchObject({ kind, found: `${cores} core${cores === 1 ? '' : 's'}` })
})
