import { expect, test } from 'vitest'
import { type FakeHostOptions, fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const look = (scene: FakeHostOptions) => check.look(fakeHost(scene), params)

const SYSTEMD_252 = { '/usr/lib/systemd/libsystemd-shared-252.so': '' }
const NETWORKD = { units: { 'systemd-networkd.service': { active: true } }, directories: ['/run/systemd/system'] }
const UNATTENDED = {
  '/etc/apt/apt.conf.d/20auto-upgrades':
    'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n',
}
const CONTAINERD = (state: string) => ({
  '/usr/bin/containerd': '',
  '/var/lib/dpkg/status': `Package: adduser\nStatus: install ok installed\n\nPackage: containerd.io\nStatus: ${state} ok installed\nPriority: optional\n\nPackage: zlib1g\nStatus: install ok installed\n`,
})

test.each<[string, FakeHostOptions, string]>([
  ['nobody', {}, 'none'],
  [
    'a salt minion',
    { files: { '/proc/700/comm': 'salt-minion\n', '/etc/salt/minion': 'master: salt\n' } },
    'Salt, but no file that we write is theirs',
  ],
  [
    'puppet that owns other files',
    {
      files: {
        '/opt/puppetlabs/puppet/cache/state/resources.txt':
          'file[/etc/motd]\nservice[ntp]\nfile[/etc/sysctl.d/10-x.conf]\n',
      },
    },
    'none',
  ],
  [
    'a file that only speaks of ansible',
    { files: { '/etc/hosts': '127.0.0.1 localhost\n10.0.0.3 ansible salt puppet\n' } },
    'none',
  ],
  ['cron that no longer pulls', { files: { '/etc/crontab': '#0 3 * * * root ansible-pull -U x\n' } }, 'none'],
  ['unattended upgrades without a container package', { files: UNATTENDED }, 'none'],
  ['a container package on hold', { files: { ...UNATTENDED, ...CONTAINERD('hold') } }, 'none'],
  [
    'upgrades that were switched off later',
    {
      files: {
        ...UNATTENDED,
        '/etc/apt/apt.conf.d/99-off': 'APT::Periodic::Unattended-Upgrade "0";\n',
        ...CONTAINERD('install'),
      },
    },
    'none',
  ],
  [
    'dnf-automatic that only downloads',
    {
      files: {
        '/usr/bin/containerd': '',
        '/etc/systemd/system/timers.target.wants/dnf-automatic.timer': '',
        '/etc/dnf/automatic.conf': '[commands]\napply_updates = no\n',
      },
    },
    'none',
  ],
  ['networkd that is merely installed', { files: SYSTEMD_252, directories: ['/run/systemd/system'] }, 'none'],
  ['an old networkd', { ...NETWORKD, files: { '/usr/lib/systemd/libsystemd-shared-239.so': '' } }, 'none'],
  [
    'networkd that was told',
    {
      ...NETWORKD,
      files: {
        ...SYSTEMD_252,
        '/etc/systemd/networkd.conf.d/k.conf': '[Network]\nManageForeignRoutingPolicyRules=no\n',
      },
    },
    'none',
  ],
])('%s: pass', async (_, scene, found) => {
  expect(await look(scene)).toEqual({ kind: 'pass', found })
})

test.each<[string, FakeHostOptions, string, string]>([
  [
    'ansible',
    { files: { '/etc/containerd/config.toml': '# Ansible managed\nversion = 2\n' } },
    '/etc/containerd/config.toml belongs to ansible',
    'out of what ansible manages',
  ],
  [
    'salt',
    { files: { '/etc/resolv.conf': '# This file is managed by Salt. Do not edit.\nnameserver 192.0.2.1\n' } },
    '/etc/resolv.conf belongs to salt',
    'salt',
  ],
  [
    'puppet',
    {
      files: {
        '/opt/puppetlabs/puppet/cache/state/resources.txt':
          'file[/etc/hosts]\nfile[/etc/systemd/system/containerd.service.d/proxy.conf]\n',
      },
    },
    '/etc/hosts, /etc/systemd/system/containerd.service.d/proxy.conf belong to puppet',
    'puppet',
  ],
  [
    'chef',
    { files: { '/var/chef/backup/etc/fstab.chef-20260101120000.123456': '' } },
    '/etc/fstab belongs to chef',
    'chef',
  ],
  [
    'apt',
    { files: { ...UNATTENDED, ...CONTAINERD('install') } },
    'unattended-upgrades upgrades containerd.io by itself',
    'apt-mark hold containerd.io',
  ],
  [
    'dnf',
    { files: { '/usr/bin/containerd': '', '/etc/systemd/system/timers.target.wants/dnf-automatic-install.timer': '' } },
    'dnf-automatic upgrades containerd, containerd.io by itself',
    'excludepkgs=containerd,containerd.io',
  ],
  [
    'networkd',
    { ...NETWORKD, files: SYSTEMD_252 },
    'systemd-networkd 252 removes routing rules',
    'ManageForeignRoutingPolicyRules=no',
  ],
  [
    'networkd that cannot be told',
    { ...NETWORKD, files: { '/lib/systemd/libsystemd-shared-247.so': '' } },
    'systemd-networkd 247',
    'upgrade systemd to 249',
  ],
])('%s: warn', async (_, scene, found, fix) => {
  expect(await look(scene)).toMatchObject({
    kind: 'warn',
    found: expect.stringContaining(found),
    fix: expect.stringContaining(fix),
  })
})

test('who pulls by a timer or by cron', async () => {
  const unit = {
    '/etc/systemd/system/pull.service': '[Service]\nExecStart=/usr/bin/ansible-pull -U https://git.example/x\n',
  }
  expect(await look({ files: unit })).toMatchObject({ kind: 'pass', found: expect.stringMatching(/^ansible-pull/) })
  expect(await look({ files: { '/etc/cron.d/pull': '0 3 * * * root ansible-pull -U x\n' } })).toMatchObject({
    found: expect.stringMatching(/^ansible-pull/),
  })
})
