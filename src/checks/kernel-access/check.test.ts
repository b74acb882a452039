import { expect, test } from 'vitest'
import { type FakeHostOptions, fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const SHARED = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n24 22 0:22 / /proc rw shared:12 - proc proc rw\n'
const READ_ONLY = `${SHARED}90 24 0:22 /sys /proc/sys ro,nosuid - proc proc rw\n`
const INOTIFY = 'fs.inotify.max_user_instances'

function machine(options: FakeHostOptions = {}, mounts = SHARED, hasMessages = true) {
  const files = { '/proc/self/mountinfo': mounts, ...(hasMessages && { '/dev/kmsg': '' }), ...options.files }
  return fakeHost({ sysctls: { [INOTIFY]: '8192' }, ...options, files })
}

/** A process of root with this number of instances. */
const watcher = (count: number) => ({
  links: Object.fromEntries(Array.from({ length: count }, (_, fd) => [`/proc/700/fd/${fd}`, 'anon_inode:inotify'])),
})

test.each<[string, ReturnType<typeof machine>]>([
  ['a machine of its own', machine()],
  ['the usual limit, and few that watch', machine({ sysctls: { [INOTIFY]: '128' }, ...watcher(30) })],
  [
    'a kernel that counts in millions',
    machine({ sysctls: { [INOTIFY]: '8192', 'fs.file-nr': '2048\t0\t9223372036854775807' } }),
  ],
  [
    'few tasks, and a container without a limit',
    machine({
      sysctls: { 'kernel.pid_max': '32768', 'kernel.threads-max': '30000' },
      files: { '/proc/loadavg': '0.1 0.2 0.3 2/412 9000\n', '/sys/fs/cgroup/pids.max': 'max\n' },
    }),
  ],
  ['a kernel without inotify', machine({ sysctls: {} })],
])('%s passes', async (_, host) => {
  expect(await check.look(host, params)).toMatchObject({ kind: 'pass' })
})

test.each<[string, ReturnType<typeof machine>, string, string, string]>([
  ['a container of LXC', machine({}, SHARED, false), 'fail', 'no /dev/kmsg', 'systemd-tmpfiles --create'],
  [
    'parameters that cannot be set',
    machine({}, READ_ONLY),
    'fail',
    '/proc/sys is read-only',
    'mount -o remount,bind,rw /proc/sys',
  ],
  [
    'a private root',
    machine({}, SHARED.replace('shared:1 ', '')),
    'warn',
    'mounts under / are not shared',
    'mount --make-rshared /',
  ],
  [
    'all instances in use',
    machine({ sysctls: { [INOTIFY]: '128' }, ...watcher(127) }),
    'fail',
    'root uses 127 of 128 inotify instances',
    `sysctl -w ${INOTIFY}=8192`,
  ],
  [
    'few instances left',
    machine({ sysctls: { [INOTIFY]: '128' }, ...watcher(110) }),
    'warn',
    'root uses 110 of 128 inotify instances',
    `sysctl -w ${INOTIFY}=8192`,
  ],
  [
    'as many tasks as the kernel allows',
    machine({ sysctls: { 'kernel.pid_max': '4096' }, files: { '/proc/loadavg': '0.1 0.2 0.3 2/3100 9000\n' } }),
    'fail',
    '3100 tasks, and kernel.pid_max is 4096',
    'sysctl -w kernel.pid_max=4194304',
  ],
  [
    'a container that may have few',
    machine({ files: { '/sys/fs/cgroup/pids.max': '1024\n', '/sys/fs/cgroup/pids.current': '30\n' } }),
    'fail',
    '30 of 1024 tasks of this container in use',
    'lxc.cgroup2.pids.max',
  ],
  [
    'no file can be opened any more',
    machine({ sysctls: { [INOTIFY]: '8192', 'fs.file-nr': '99500\t0\t100000' } }),
    'fail',
    '99500 of 100000 open files in use',
    'sysctl -w fs.file-max=299500',
  ],
])('%s', async (_, host, kind, found, fix) => {
  expect(await check.look(host, params)).toMatchObject({ kind, found, fix: expect.stringContaining(fix) })
})
