import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts']

function machine(release: string, more: Record<string, string> = {}, namespaces = NAMESPACES) {
  const files = {
    '/proc/sys/kernel/osrelease': `${release}\n`,
    '/proc/sys/kernel/seccomp/actions_avail': 'kill_process kill_thread trap errno user_notif trace log allow\n',
    ...more,
  }
  const links = Object.fromEntries(namespaces.map((name) => [`/proc/self/ns/${name}`, `${name}:[4026531836]`]))
  return fakeHost({ files, links })
}

test.each([
  ['6.1.0-25-amd64', 'pass'],
  ['4.18.0-553.el8_10.x86_64', 'pass'],
  ['5.15.153.1-microsoft-standard-WSL2', 'pass'],
  ['5.4.0-190-generic', 'pass'],
  ['4.19.0-27-amd64', 'warn'],
  ['5.3.18-150300.59-default', 'warn'],
])('%s: %s', async (release, kind) => {
  expect(await check.look(machine(release), params)).toMatchObject({ kind })
})

test('disabled user namespaces pass, disabled network namespaces fail', async () => {
  const setting = (name: string, value: string) => ({ [`/proc/sys/user/max_${name}_namespaces`]: `${value}\n` })
  expect(await check.look(machine('6.1.0', setting('user', '0')), params)).toMatchObject({ kind: 'pass' })
  expect(await check.look(machine('6.1.0', setting('net', '127231')), params)).toMatchObject({ kind: 'pass' })
  expect(await check.look(machine('6.1.0', setting('net', '0')), params)).toMatchObject({
    kind: 'fail',
    found: 'user.max_net_namespaces is 0',
    fix: expect.stringContaining('sysctl -w user.max_net_namespaces=10000'),
  })
})

test('missing kernel features are named', async () => {
  expect(await check.look(machine('6.1.0', {}, ['mnt', 'net', 'uts']), params)).toMatchObject({
    kind: 'fail',
    found: 'no ipc, pid namespaces',
  })
  const host = machine('6.1.0', { '/proc/self/status': 'Name:\tagent\nNoNewPrivs:\t0\n' })
  host.files.delete('/proc/sys/kernel/seccomp/actions_avail')
  expect(await check.look(host, params)).toMatchObject({ kind: 'warn', found: 'a kernel without seccomp' })
  host.files.seed('/proc/self/status', 'NoNewPrivs:\t0\nSeccomp:\t0\n')
  expect(await check.look(host, params)).toMatchObject({ kind: 'pass' })
})
