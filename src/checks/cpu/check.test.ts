import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import type { CheckParams } from '../../engine/checks/check.ts'
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

test.each([
  ['a session limited to one core', 1, '0-3', '0-3', 4],
  ['CPUs that can be added later', 2, '0-127', '0-1', 2],
  ['a container limited to one core of a large machine', 64, '7', '0-63', 1],
  ['a kernel without the information', 2, '', '', 2],
])('%s', async (_, cpuCount, allowed, online, cores) => {
  const files = {
    '/proc/1/status': `Name:\tsystemd\nCpus_allowed:\tf\nCpus_allowed_list:\t${allowed}\nMems_allowed_list:\t0\n`,
    '/sys/devices/system/cpu/online': `${online}\n`,
  }
  const params = { roles: ['worker'] as const, ownStateDirectory: '/var/lib/cantrip' }
  const verdict = await check.look(fakeHost({ cpuCount, files }), params)
  expect(verdict).toMatchObject({ kind: 'pass', found: `${cores} core${cores === 1 ? '' : 's'}` })
})
