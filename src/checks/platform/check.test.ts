import { expect, test } from 'vitest'
import { type FakeHostOptions, fakeHost } from '../../../test/support/fake-host.ts'
import { OS_RELEASES } from '../../../test/support/fixtures/os-release.ts'
import { READ_ONLY_USR } from '../../base/layout.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const ROOT = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n'

function look({ files, ...more }: FakeHostOptions) {
  return check.look(fakeHost({ ...more, files: { '/proc/self/mountinfo': ROOT, ...files } }), params)
}

test.each<[string, FakeHostOptions, string]>([
  ['no information', {}, 'a machine'],
  [
    'a virtual machine',
    {
      files: {
        '/sys/class/dmi/id/sys_vendor': 'QEMU\n',
        '/sys/class/dmi/id/product_name': 'Standard PC (Q35 + ICH9, 2009)\n',
      },
    },
    'QEMU Standard PC (Q35 + ICH9, 2009)',
  ],
  [
    'Rocky Linux with SELinux',
    {
      files: {
        '/etc/os-release': OS_RELEASES['rocky-9'][1],
        '/sys/fs/selinux/enforce': '1',
        '/proc/1/environ': 'HOME=/\0TERM=linux\0',
      },
    },
    'a machine, SELinux enforcing',
  ],
  [
    'Debian with musl beside glibc',
    { files: { '/lib/ld-musl-x86_64.so.1': '', '/lib64/ld-linux-x86-64.so.2': '' } },
    'a machine',
  ],
  [
    'a machine created from a Docker image',
    { files: { '/.dockerenv': '' }, links: { '/proc/self/ns/pid': 'pid:[4026531836]' } },
    'a machine',
  ],
  ['a VM of Azure', { files: { '/proc/sys/kernel/osrelease': '6.8.0-1015-azure\n' } }, 'a machine'],
])('%s is not unusual', async (_, scene, found) => {
  expect(await look(scene)).toEqual({ kind: 'pass', found })
})

test.each<[string, FakeHostOptions, string]>([
  ['systemd-nspawn', { files: { '/run/systemd/container': 'systemd-nspawn\n' } }, 'a container (systemd-nspawn)'],
  ['LXC', { files: { '/proc/1/environ': 'TERM=linux\0container=lxc\0container_ttys=\0' } }, 'a container (lxc)'],
  ['Docker', { files: { '/.dockerenv': '' } }, 'a container (docker)'],
  ['podman', { files: { '/run/.containerenv': 'engine="podman-4.9.4"\n' } }, 'a container (podman)'],
  [
    'WSL',
    {
      files: {
        '/proc/sys/kernel/osrelease': '5.15.153.1-microsoft-standard-WSL2\n',
        '/run/systemd/container': 'wsl\n',
      },
    },
    'Windows Subsystem for Linux',
  ],
  [
    'a chroot',
    { files: { '/proc/self/mountinfo': '50 22 0:5 / /proc rw,relatime shared:3 - proc proc rw\n' } },
    'a chroot',
  ],
  [
    'a read-only root',
    { files: { '/proc/self/mountinfo': ROOT.replace(' rw,relatime', ' ro,relatime') } },
    'a root that is read-only (ext4)',
  ],
  [
    'Flatcar',
    { files: { '/etc/os-release': OS_RELEASES.flatcar[1] }, layout: READ_ONLY_USR },
    'Flatcar Container Linux by Kinvolk 4081.2.0 (Oklo): programs are installed in /opt/bin',
  ],
  [
    'Silverblue',
    { files: { '/etc/os-release': OS_RELEASES['fedora-41'][1], '/run/ostree-booted': '' } },
    'Fedora Linux 41',
  ],
  ['Alpine', { files: { '/lib/ld-musl-x86_64.so.1': '' } }, 'musl as C library'],
])('%s is reported', async (_, scene, found) => {
  const verdict = await look(scene)
  expect(verdict).toMatchObject({ kind: 'warn', found: expect.stringContaining(found) })
  expect(verdict.found).not.toContain(';')
})

test.each<[string, string | undefined, boolean]>([
  ['the strategy of the distribution', undefined, true],
  ['a strategy that reboots', 'REBOOT_STRATEGY="etcd-lock"\n', true],
  ['reboots are off', 'GROUP=stable\nREBOOT_STRATEGY=off\n', false],
])('locksmithd, %s', async (_, settings, isFound) => {
  const unit = '/usr/lib/systemd/system/locksmithd.service'
  const files = { '/proc/self/mountinfo': ROOT, [unit]: '', ...(settings && { '/etc/flatcar/update.conf': settings }) }
  const verdict = await look({
    files,
    units: { 'locksmithd.service': { active: true } },
    directories: ['/run/systemd/system'],
  })
  expect(verdict.kind).toBe(isFound ? 'warn' : 'pass')
  if (isFound) expect(verdict.found).toContain('locksmithd reboots this machine')
})

test('a machine without locksmithd is not asked for it', async () => {
  const host = fakeHost({
    files: { '/proc/self/mountinfo': ROOT },
    commands: { 'systemctl is-active locksmithd.service': { exitCode: 1, stderr: 'not connected' } },
    directories: ['/run/systemd/system'],
  })
  expect((await check.look(host, params)).kind).toBe('pass')
})

test('only root can read process 1', async () => {
  const host = fakeHost({ files: { '/proc/self/mountinfo': ROOT } })
  const denied = Object.assign(new Error('EACCES'), { code: 'EACCES' })
  const read = (path: string) => (path === '/proc/1/environ' ? Promise.reject(denied) : host.read(path))
  expect(await check.look({ ...host, read }, params)).toMatchObject({ kind: 'pass' })
})
