import { describe, expect, test } from 'vitest'
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
const KUBELET = (state: string) => ({
  '/usr/bin/kubelet': '',
  '/var/lib/dpkg/status': `Package: adduser\nStatus: install ok installed\n\nPackage: kubelet\nStatus: ${state} ok installed\nPriority: optional\n\nPackage: zlib1g\nStatus: install ok installed\n`,
})

test.each<[string, FakeHostOptions, string]>([
  ['nobody', {}, 'none'],
  [
    'a salt minion',
    { files: { '/proc/700/comm': 'salt-minion\n', '/etc/salt/minion': 'master: salt\n' } },
    'Salt; none of them manages a file of Cantrip',
  ],
  [
    'Puppet with other files',
    {
      files: {
        '/opt/puppetlabs/puppet/cache/state/resources.txt':
          'file[/etc/motd]\nservice[ntp]\nfile[/etc/sysctl.d/10-x.conf]\n',
      },
    },
    'none',
  ],
  [
    'ansible that manages what crictl reads',
    { files: { '/etc/crictl.yaml': '# Ansible managed\nruntime-endpoint: unix:///run/containerd/containerd.sock\n' } },
    'none',
  ],
  [
    'Puppet with a file whose path only resembles a directory of Cantrip',
    { files: { '/var/lib/puppet/state/resources.txt': 'file[/etc/etcd.conf]\nfile[/etc/kubernetes-tools/x]\n' } },
    'none',
  ],
  [
    'a file that only mentions Ansible',
    { files: { '/etc/hosts': '127.0.0.1 localhost\n10.0.0.3 ansible salt puppet\n' } },
    'none',
  ],
  ['cron that no longer pulls', { files: { '/etc/crontab': '#0 3 * * * root ansible-pull -U x\n' } }, 'none'],
  ['unattended upgrades without a container package', { files: UNATTENDED }, 'none'],
  ['a container package on hold', { files: { ...UNATTENDED, ...KUBELET('hold') } }, 'none'],
  [
    'upgrades that a later file disables',
    {
      files: {
        ...UNATTENDED,
        '/etc/apt/apt.conf.d/99-off': 'APT::Periodic::Unattended-Upgrade "0";\n',
        ...KUBELET('install'),
      },
    },
    'none',
  ],
  [
    'dnf-automatic that only downloads',
    {
      files: {
        '/usr/bin/kubelet': '',
        '/etc/systemd/system/timers.target.wants/dnf-automatic.timer': '',
        '/etc/dnf/automatic.conf': '[commands]\napply_updates = no\n',
      },
    },
    'none',
  ],
  ['containerd of a package with automatic upgrades', { files: { ...UNATTENDED, '/usr/bin/containerd': '' } }, 'none'],
  ['networkd that is installed, but inactive', { files: SYSTEMD_252, directories: ['/run/systemd/system'] }, 'none'],
  ['an old networkd', { ...NETWORKD, files: { '/usr/lib/systemd/libsystemd-shared-239.so': '' } }, 'none'],
  [
    'networkd with the setting',
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
    { files: { '/etc/fstab': '# Ansible managed\n' } },
    '/etc/fstab belongs to ansible',
    'from what ansible manages',
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
          'file[/etc/hosts]\nfile[/etc/systemd/system/kubelet.service.d/proxy.conf]\n',
      },
    },
    '/etc/hosts, /etc/systemd/system/kubelet.service.d/proxy.conf belong to puppet',
    'puppet',
  ],
  [
    'puppet that owns settings of etcd',
    { files: { '/var/lib/puppet/state/resources.txt': 'file[/etc/etcd/etcd.json]\n' } },
    '/etc/etcd/etcd.json belongs to puppet',
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
    { files: { ...UNATTENDED, ...KUBELET('install') } },
    'unattended-upgrades upgrades kubelet automatically',
    'apt-mark hold kubelet',
  ],
  [
    'dnf',
    { files: { '/usr/bin/kubelet': '', '/etc/systemd/system/timers.target.wants/dnf-automatic-install.timer': '' } },
    'dnf-automatic upgrades kubelet automatically',
    'excludepkgs=kubelet',
  ],
  [
    'networkd',
    { ...NETWORKD, files: SYSTEMD_252 },
    'systemd-networkd 252 removes foreign routing rules',
    'ManageForeignRoutingPolicyRules=no',
  ],
  [
    'networkd without the setting',
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

test('ansible-pull from a timer or from cron', async () => {
  const unit = {
    '/etc/systemd/system/pull.service': '[Service]\nExecStart=/usr/bin/ansible-pull -U https://git.example/x\n',
  }
  expect(await look({ files: unit })).toMatchObject({ kind: 'pass', found: expect.stringMatching(/^ansible-pull/) })
  expect(await look({ files: { '/etc/cron.d/pull': '0 3 * * * root ansible-pull -U x\n' } })).toMatchObject({
    found: expect.stringMatching(/^ansible-pull/),
  })
})

describe('links of the pod network', () => {
  const running = (unit: string) => ({ units: { [unit]: { active: true } }, directories: ['/run/systemd/system'] })
  /** New enough to keep foreign rules, and configured so. */
  const configured = { '/etc/systemd/networkd.conf': '[Network]\nManageForeignRoutingPolicyRules=no\n' }
  const network = (...lines: string[]) => `${lines.join('\n')}\n\n[Network]\nDHCP=yes\n`
  const networkd = (files: Record<string, string>, links: Record<string, string> = {}) =>
    look({ ...running('systemd-networkd.service'), files: { ...SYSTEMD_252, ...configured, ...files }, links })

  test.each<[string, string]>([
    ['Name=*', 'cni* flannel* veth*'],
    ['Name=!lo', 'cni* flannel* veth*'],
    ['# any', 'cni* flannel* veth*'],
    ['Type=ether', 'veth*'],
    ['Type=ether bridge', 'cni* veth*'],
    ['Kind=!bridge veth', 'flannel*'],
    ['Name=e* v*', 'veth*'],
    ['Virtualization=!container\nName=*', 'cni* flannel* veth*'],
  ])('networkd manages by %j: %s', async (match, names) => {
    const path = '/etc/systemd/network/50-all.network'
    expect(await networkd({ [path]: network('[Match]', match) })).toEqual({
      kind: 'fail',
      found: `systemd-networkd manages ${names} by ${path}, and removes their addresses`,
      wanted: 'unmanaged links of the pod network',
      fix: `printf '%s\\n' '[Match]' 'Name=${names}' '' '[Link]' 'Unmanaged=yes' > /etc/systemd/network/00-kubernetes.network && networkctl reload`,
    })
  })

  test.each<[string, Record<string, string>]>([
    ['a card by its name', { '/etc/systemd/network/10-eth.network': network('[Match]', 'Name=en* eth*') }],
    [
      'a card by its address',
      { '/run/systemd/network/10-netplan-eth0.network': network('[Match]', 'MACAddress=02:00:00:00:00:01') },
    ],
    ['a card by its path', { '/etc/systemd/network/10-card.network': network('[Match]', 'Type=ether', 'Path=pci-*') }],
    [
      'Flatcar, which does not manage virtual links',
      {
        '/usr/lib/systemd/network/zz-default.network': network(
          '[Match]',
          'Name=*',
          'Type=!loopback bridge tunnel vxlan wireguard',
          'Driver=!veth dummy',
        ),
      },
    ],
    [
      'an earlier file with Unmanaged=yes',
      {
        '/etc/systemd/network/00-cni.network': '[Match]\nName=cni* flannel* veth*\n[Link]\nUnmanaged=yes\n',
        '/etc/systemd/network/99-all.network': network('[Match]', 'Name=*'),
      },
    ],
    [
      'a drop-in with Unmanaged=yes',
      {
        '/etc/systemd/network/99-all.network': network('[Match]', 'Name=*'),
        '/etc/systemd/network/99-all.network.d/pods.conf': '[Match]\nName=\nName=eth*\n',
      },
    ],
    [
      'a file of the same name that hides it',
      {
        '/usr/lib/systemd/network/99-all.network': network('[Match]', 'Name=*'),
        '/etc/systemd/network/99-all.network': '',
      },
    ],
  ])('networkd manages %s', async (_, files) => {
    expect(await networkd(files)).toEqual({ kind: 'pass', found: 'none' })
  })

  test('a masked file, and a networkd that does not run', async () => {
    const all = { '/usr/lib/systemd/network/99-all.network': network('[Match]', 'Name=*') }
    expect(await networkd(all, { '/etc/systemd/network/99-all.network': '/dev/null' })).toMatchObject({ kind: 'pass' })
    expect(await look({ files: all, directories: ['/run/systemd/system'] })).toMatchObject({ kind: 'pass' })
  })

  const profile = (...lines: string[]) => ({
    '/etc/NetworkManager/system-connections/all.nmconnection': `[connection]\nid=all\ntype=ethernet\n${lines.join('\n')}\n[ipv4]\nmethod=auto\n`,
  })
  const manager = (files: Record<string, string>) => look({ ...running('NetworkManager.service'), files })
  const conf = (line: string) => ({ '/etc/NetworkManager/conf.d/50-x.conf': `[keyfile]\n${line}\n` })

  test('NetworkManager with a profile for all devices', async () => {
    expect(await manager(profile('multi-connect=3'))).toMatchObject({
      kind: 'warn',
      found: expect.stringContaining('/etc/NetworkManager/system-connections/all.nmconnection'),
      fix: expect.stringContaining(
        'unmanaged-devices+=;interface-name:cni*;interface-name:flannel*;interface-name:veth*',
      ),
    })
  })
  test.each<[string, Record<string, string>]>([
    ['none', {}],
    ['a profile for one device at a time', profile('')],
    ['a profile for one card', profile('multi-connect=3', 'interface-name=eth0')],
    ['a profile without autoconnect', profile('multi-connect=3', 'autoconnect=false')],
    ['veth unmanaged', { ...profile('multi-connect=3'), ...conf('unmanaged-devices=type:veth') }],
    [
      'all unmanaged but one',
      { ...profile('multi-connect=3'), ...conf('unmanaged-devices=*,except:interface-name:eth0') },
    ],
    [
      'by name',
      { ...profile('multi-connect=3'), ...conf('unmanaged-devices=interface-name:veth*;interface-name:cali*') },
    ],
  ])('NetworkManager with profiles: %s', async (_, files) => {
    expect(await manager(files)).toEqual({ kind: 'pass', found: 'none' })
  })

  test('nm-cloud-setup', async () => {
    expect(await look(running('nm-cloud-setup.timer'))).toMatchObject({
      kind: 'warn',
      fix: expect.stringMatching(/^systemctl disable/),
    })
  })

  test.each<[string, string]>([
    ['', 'warn'],
    ['denyinterfaces wlan0', 'warn'],
    ['denyinterfaces veth* cni* flannel*', 'pass'],
    ['allowinterfaces eth0', 'pass'],
    ['allowinterfaces eth* veth*', 'warn'],
  ])('dhcpcd with %j: %s', async (line, kind) => {
    const scene = { ...running('dhcpcd.service'), files: { '/etc/dhcpcd.conf': `# x\nduid\n${line}\n` } }
    expect(await look(scene)).toMatchObject({ kind })
  })

  test.each<[string | undefined, string]>([
    [undefined, 'warn'],
    ['vmnet,veth', 'warn'],
    ['vmnet,veth,cni,flannel', 'pass'],
  ])('ConnMan with %j: %s', async (list, kind) => {
    const text = `[General]\n${list === undefined ? '#' : ''}NetworkInterfaceBlacklist=${list}\n`
    expect(await look({ ...running('connman.service'), files: { '/etc/connman/main.conf': text } })).toMatchObject({
      kind,
    })
  })
})
