import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { CGROUP_MOUNTS, PROC_CGROUPS } from '../../../test/support/fixtures/cgroups.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const ROOT = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n'

const look = (mounts: string, files: Record<string, string>) =>
  check.look(fakeHost({ files: { '/proc/self/mountinfo': ROOT + mounts, ...files } }), params)
const v2 = (controllers: string) => look(CGROUP_MOUNTS.v2, { '/sys/fs/cgroup/cgroup.controllers': `${controllers}\n` })
const v1 = (table = PROC_CGROUPS) => look(CGROUP_MOUNTS.hybrid, { '/proc/cgroups': table })

test.each([
  ['Debian 12', 'cpuset cpu io memory hugetlb pids rdma misc', 'pass', 'version 2 with cpuset, cpu, io'],
  ['a kernel without huge pages', 'cpuset cpu io memory pids', 'warn', 'no controller hugetlb'],
  ['a Raspberry Pi', 'cpuset cpu io pids', 'fail', 'no controller memory; no controller hugetlb'],
  ['a container without controllers', '', 'fail', 'no controller cpu, cpuset, memory, pids; no controller io, hugetlb'],
])('%s', async (_, controllers, kind, found) => {
  expect(await v2(controllers)).toMatchObject({ kind, found: expect.stringContaining(found) })
})

test('for a disabled memory controller the fix is on the kernel command line', async () => {
  expect(await v2('cpuset cpu io pids hugetlb')).toMatchObject({ fix: expect.stringContaining('cgroup_enable=memory') })
})

test('version 1 and the hybrid mode are a warning', async () => {
  expect(await v1()).toMatchObject({
    kind: 'warn',
    found: 'version 1',
    wanted: expect.stringContaining('failCgroupV1: false'),
    fix: expect.stringContaining('systemd.unified_cgroup_hierarchy=1'),
  })
  expect(await v1(PROC_CGROUPS.replace('memory\t9\t132\t1', 'memory\t0\t132\t0'))).toMatchObject({
    kind: 'fail',
    found: 'no controller memory; version 1',
  })
})

test('no control groups at all', async () => {
  expect(await look('', {})).toMatchObject({ kind: 'fail', found: 'nothing is mounted on /sys/fs/cgroup' })
})
