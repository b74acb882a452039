import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { CGROUP_MOUNTS } from '../../../test/support/fixtures/cgroups.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const ROOT = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n'
const ALL = 'cpuset cpu io memory hugetlb pids'
const stat = (name: string, policy: number) =>
  `700 (${name}) S 1 700 700 0 -1 4194304 101 0 0 0 4 6 0 0 -100 0 7 0 3036 3133440 416 18446744073709551615 1 1 1 0 0 0 0 0 0 0 0 0 17 1 99 ${policy} 0 0 0 1 1 1 1 1 1 1 0\n`

/** multipathd with a real-time thread, and the settings of the kernel and systemd. */
function machine({
  config = 'CONFIG_RT_GROUP_SCHED=y\n',
  enabled = 'memory pids',
  policy = 2,
  group = '/system.slice/multipathd.service',
  cmdline = '',
}) {
  return fakeHost({
    files: {
      '/proc/self/mountinfo': ROOT + CGROUP_MOUNTS.v2,
      '/sys/fs/cgroup/cgroup.controllers': `${ALL}\n`,
      '/sys/fs/cgroup/cgroup.subtree_control': `${enabled}\n`,
      '/proc/sys/kernel/osrelease': '6.1.0-rt\n',
      '/proc/cmdline': `root=/dev/sda1 ${cmdline}\n`,
      ...(config !== '' && { '/boot/config-6.1.0-rt': config }),
      '/proc/700/cgroup': `0::${group}\n`,
      '/proc/700/task/700/stat': stat('multipathd', 0),
      '/proc/700/task/701/stat': stat('path (a) checker', policy),
    },
  })
}

test('a real-time task with CONFIG_RT_GROUP_SCHED: the cpu controller cannot be enabled', async () => {
  expect(await check.look(machine({}), params)).toMatchObject({
    kind: 'fail',
    found: expect.stringContaining('path (a) checker (pid 700, /system.slice/multipathd.service)'),
    fix: 'chrt --all-tasks --other --pid 0 700 && echo +cpu > /sys/fs/cgroup/cgroup.subtree_control',
  })
  expect(await check.look(machine({ config: '' }), params)).toMatchObject({ kind: 'warn' })
})

test.each([
  ['a kernel without CONFIG_RT_GROUP_SCHED', { config: '# CONFIG_RT_GROUP_SCHED is not set\n' }],
  ['disabled by default', { config: 'CONFIG_RT_GROUP_SCHED=y\nCONFIG_RT_GROUP_SCHED_DEFAULT_DISABLED=y\n' }],
  ['disabled on the kernel command line', { cmdline: 'rt_group_sched=0' }],
  ['the controller is enabled already', { enabled: ALL }],
  ['an ordinary task', { policy: 0 }],
  ['a deadline task', { policy: 6 }],
  ['a task in the root group', { group: '/' }],
])('%s is no obstacle', async (_, scene) => {
  expect(await check.look(machine(scene), params)).toMatchObject({ kind: 'pass' })
})

test('control groups that cannot be created', async () => {
  const mounts = ROOT + CGROUP_MOUNTS.v2.replace(' rw,nosuid', ' ro,nosuid')
  const host = fakeHost({ files: { '/proc/self/mountinfo': mounts, '/sys/fs/cgroup/cgroup.controllers': `${ALL}\n` } })
  expect(await check.look(host, params)).toMatchObject({
    ...{ kind: 'fail', found: '/sys/fs/cgroup is read-only', fix: 'mount -o remount,bind,rw /sys/fs/cgroup' },
  })
})
