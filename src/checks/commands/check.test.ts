import { expect, test } from 'vitest'
import { type FakeHostOptions, fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const ALL = ['mount', 'umount', 'losetup', 'nsenter', 'cp', 'tar', 'ip', 'nft', 'conntrack', 'socat', 'ethtool']

function machine(names: readonly string[], more: FakeHostOptions = {}) {
  const files = Object.fromEntries(names.map((name) => [`/usr/bin/${name}`, '']))
  return fakeHost({ ...more, files: { ...files, ...more.files } })
}
const but = (...gone: string[]) => ALL.filter((name) => !gone.includes(name))

test('all commands found', async () => {
  expect(await check.look(machine(ALL), params)).toEqual({ kind: 'pass', found: 'all commands found' })
})

test('/sbin is a link on a merged /usr, and iptables a link to an alternative', async () => {
  const links = {
    '/sbin': 'usr/sbin',
    '/usr/sbin/iptables': '/etc/alternatives/iptables',
    '/etc/alternatives/iptables': '/usr/sbin/iptables-nft',
    '/usr/sbin/iptables-nft': 'xtables-nft-multi',
  }
  const files = { '/usr/sbin/xtables-nft-multi': '' }
  expect(await check.look(machine(but('nft'), { links, files }), params)).toMatchObject({ kind: 'pass' })
  const dangling = machine(but('nft'), { links })
  expect(await check.look(dangling, params)).toMatchObject({ kind: 'fail', found: 'no iptables or nft' })
  const circle = { '/usr/sbin/iptables': 'iptables' }
  expect(await check.look(machine(but('nft'), { links: circle }), params)).toMatchObject({ kind: 'fail' })
})

test.each([
  ['/usr/bin/apt-get', 'apt-get install -y mount iproute2; apt-get install -y conntrack'],
  ['/usr/bin/dnf', 'dnf install -y util-linux iproute; dnf install -y conntrack-tools'],
  [
    '/usr/bin/zypper',
    'zypper --non-interactive install util-linux iproute2; zypper --non-interactive install conntrack-tools',
  ],
  ['/usr/bin/emerge', 'install losetup, ip; install conntrack'],
])('with %s: %s', async (manager, fix) => {
  const host = machine(but('losetup', 'ip', 'conntrack'), { files: { [manager]: '' } })
  expect(await check.look(host, params)).toEqual({
    kind: 'fail',
    found: 'no losetup, ip; no conntrack',
    wanted: 'losetup for block volumes, ip for network links; conntrack for troubleshooting connections',
    fix,
  })
})

test('a missing command for troubleshooting is a warning', async () => {
  const host = machine(but('conntrack', 'socat', 'ethtool'))
  expect(await check.look(host, params)).toMatchObject({ kind: 'warn', found: 'no conntrack, socat, ethtool' })
})
