import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { CHRONY_TRACKING, NTPQ, sntpReply, TIMESYNC } from '../../../test/support/fixtures/time-sync.ts'
import { NetworkError } from '../../host/network.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const SYSTEMD = ['/run/systemd/system']
const runs = (name: string) => ({ '/proc/611/comm': `${name}\n` })
const look = (host: ReturnType<typeof fakeHost>) => check.look(host, params)

const kernelSays = (answer: 'yes' | 'no') => ({
  'timedatectl show -p NTPSynchronized': { stdout: `NTPSynchronized=${answer}\n` },
})

test.each<[string, Parameters<typeof fakeHost>[0], string]>([
  [
    'chrony',
    { files: runs('chronyd'), commands: { 'chronyc -n tracking': { stdout: CHRONY_TRACKING.synchronised } } },
    'chrony follows 192.0.2.123 (stratum 3)',
  ],
  [
    'chrony on a PTP clock of the hypervisor',
    { files: runs('chronyd'), commands: { 'chronyc -n tracking': { stdout: CHRONY_TRACKING.ptp } } },
    'chrony follows PHC0 (stratum 1)',
  ],
  [
    'timesyncd',
    { files: { ...runs('systemd-timesyn'), '/run/systemd/timesync/synchronized': '' } },
    'systemd-timesyncd is synchronized',
  ],
  ['ntpd', { files: runs('ntpd'), commands: { 'ntpq -c rv': { stdout: NTPQ.synchronised } } }, 'ntpd is synchronized'],
  [
    'timesyncd, which shows its server',
    {
      files: { ...runs('systemd-timesyn'), '/run/systemd/timesync/synchronized': '' },
      commands: { 'timedatectl show-timesync': { stdout: TIMESYNC } },
    },
    'systemd-timesyncd follows time.example.com (192.0.2.123)',
  ],
  [
    'OpenNTPD',
    { files: runs('ntpd'), commands: { 'ntpctl -s status': { stdout: '4/4 peers valid, clock synced, stratum 3\n' } } },
    'ntpd is synchronized',
  ],
  [
    'PTP, its clock named',
    { files: { ...runs('phc2sys'), '/sys/class/ptp/ptp0/clock_name': 'ixgbe\n' } },
    'phc2sys follows a PTP hardware clock (ixgbe)',
  ],
  ['PTP', { files: runs('phc2sys') }, 'phc2sys follows a PTP hardware clock'],
  [
    'VMware tools',
    { files: runs('vmtoolsd'), commands: { 'vmware-toolbox-cmd timesync status': { stdout: 'Enabled\n' } } },
    "VMware tools follow the host's clock",
  ],
  ['the kernel', { directories: SYSTEMD, commands: kernelSays('yes') }, 'the kernel clock is synchronized'],
])('synchronized by %s passes without asking the network', async (_, scene, found) => {
  expect(await look(fakeHost(scene))).toEqual({ kind: 'pass', found })
})

test.each<[string, Record<string, string>]>([
  [
    'timesyncd.conf',
    { '/etc/systemd/timesyncd.conf': '[Time]\n#NTP=\nNTP=192.0.2.123\n#FallbackNTP=ntp.ubuntu.com\n' },
  ],
  [
    'a drop-in',
    {
      '/etc/systemd/timesyncd.conf': '[Time]\n#NTP=\n',
      '/etc/systemd/timesyncd.conf.d/site.conf': '[Time]\nNTP=192.0.2.123\n',
    },
  ],
  ['chrony.conf', { '/etc/chrony.conf': '# pool\nserver 192.0.2.123 iburst\ndriftfile /var/lib/chrony/drift\n' }],
  [
    'sources.d',
    {
      '/etc/chrony/chrony.conf': 'sourcedir /etc/chrony/sources.d\n',
      '/etc/chrony/sources.d/site.sources': 'pool 192.0.2.123 iburst\n',
    },
  ],
  [
    'confdir',
    { '/etc/chrony/chrony.conf': 'confdir /etc/chrony/conf.d\n', '/etc/chrony/conf.d/site.conf': 'peer 192.0.2.123\n' },
  ],
  ['ntp.conf', { '/etc/ntp.conf': 'server 127.127.1.0\nrestrict default\nserver -4 192.0.2.123 prefer\n' }],
  ['DHCP', { '/run/systemd/netif/links/2': 'ADMIN_STATE=configured\nDNS=192.0.2.53\nNTP=192.0.2.123\n' }],
  [
    'the built-in servers of timesyncd',
    { ...runs('systemd-timesyn'), '/etc/systemd/timesyncd.conf': '[Time]\n#NTP=\n#FallbackNTP=192.0.2.123\n' },
  ],
])('no service is synchronized, but a server in %s answers', async (_, files) => {
  const host = fakeHost({ files })
  host.network.onExchange('192.0.2.123:123', (packet) => sntpReply(packet, host.clock.nowMs, { aheadMs: 40 }))
  expect(await look(host)).toEqual({ kind: 'pass', found: '192.0.2.123 answers (stratum 2, offset 40 ms)' })
})

test('a fallback server of a stopped timesyncd does not count', async () => {
  const host = fakeHost({ files: { '/etc/systemd/timesyncd.conf': '[Time]\n#FallbackNTP=ntp.ubuntu.com\n' } })
  expect(await look(host)).toMatchObject({ kind: 'fail', found: 'no time service, no time server configured' })
})

test('one good server of several is enough', async () => {
  const host = fakeHost({ files: { '/etc/chrony.conf': 'server 192.0.2.1\nserver 192.0.2.2\n' } })
  host.network.onExchange('192.0.2.1:123', new NetworkError('tcp', 'no answer'))
  host.network.onExchange('192.0.2.2:123', (packet) => sntpReply(packet, host.clock.nowMs, {}))
  expect(await look(host)).toMatchObject({ kind: 'pass', found: expect.stringContaining('192.0.2.2 answers') })
})

test.each([
  [{ stratum: 0, reference: 'RATE' }, 'the server refuses requests (RATE)'],
  [{ stratum: 16 }, 'the server is not synchronized'],
  [{ leap: 3 }, 'the server is not synchronized'],
  [{ mode: 5 }, 'the reply is not from an NTP server'],
  [{ foreignCookie: true }, 'the reply does not match the request'],
])('an answer %j is unusable', async (reply, because) => {
  const host = fakeHost({ files: { ...runs('chronyd'), '/etc/chrony.conf': 'server 192.0.2.1\n' } })
  host.on(['chronyc'], { stdout: CHRONY_TRACKING.unsynchronised })
  host.network.onExchange('192.0.2.1:123', (packet) => sntpReply(packet, host.clock.nowMs, reply))
  const found = `none of 192.0.2.1 answers: 192.0.2.1: ${because}`
  expect(await look(host)).toMatchObject({ kind: 'fail', found })
})

test('a clock that is far off its server is a warning', async () => {
  const host = fakeHost({ files: { '/etc/chrony.conf': 'server 192.0.2.1\n' } })
  host.network.onExchange('192.0.2.1:123', (packet) => sntpReply(packet, host.clock.nowMs, { aheadMs: -10_000 }))
  expect(await look(host)).toMatchObject({ kind: 'warn', found: expect.stringContaining('offset -10000 ms') })
})

test('one of several servers is wrong: it is named, because the others agree with this clock', async () => {
  const host = fakeHost({ files: { '/etc/chrony.conf': 'server 192.0.2.1\nserver 192.0.2.2\nserver 192.0.2.3\n' } })
  host.network.onExchange('192.0.2.1:123', (packet) => sntpReply(packet, host.clock.nowMs, { aheadMs: 10_000 }))
  host.network.onExchange('192.0.2.2:123', (packet) => sntpReply(packet, host.clock.nowMs, { aheadMs: 3 }))
  expect(await look(host)).toMatchObject({
    kind: 'warn',
    found: '192.0.2.1 answers (stratum 2, offset 10000 ms); 192.0.2.2 answers (stratum 2, offset 3 ms)',
    fix: expect.stringMatching(/^remove 192\.0\.2\.1 from .*others agree/),
  })
})

test('the servers of a chrony that is not synchronized yet are queried', async () => {
  const host = fakeHost({ files: { ...runs('chronyd'), '/etc/chrony.conf': 'server 192.0.2.1\n' } })
  host.on(['chronyc'], { stdout: CHRONY_TRACKING.synchronised.replace('0.000012345 seconds', '12.5 seconds') })
  host.network.onExchange('192.0.2.1:123', (packet) => sntpReply(packet, host.clock.nowMs, { aheadMs: -12_500 }))
  expect(await look(host)).toMatchObject({ kind: 'warn', found: expect.stringContaining('offset -12500 ms') })
})

test('nothing configured: a machine fails, a container gets a warning, because it uses the clock of its host', async () => {
  const commands = kernelSays('no')
  expect(await look(fakeHost({ directories: SYSTEMD, commands }))).toMatchObject({
    kind: 'fail',
    found: 'no time service, no time server configured',
    fix: expect.stringContaining('install -y chrony'),
  })
  const container = { '/run/systemd/container': 'systemd-nspawn\n' }
  expect(await look(fakeHost({ directories: SYSTEMD, commands, files: container }))).toMatchObject({ kind: 'warn' })
})

test('a chrony inside a container of this machine does not count', async () => {
  const links = { '/proc/self/ns/pid': 'pid:[1]', '/proc/611/ns/pid': 'pid:[2]' }
  const host = fakeHost({ files: runs('chronyd'), links })
  host.on(['chronyc'], { stdout: CHRONY_TRACKING.synchronised })
  expect(await look(host)).toMatchObject({ kind: 'fail', found: 'no time service, no time server configured' })
})

test('a service that runs without a server and is not synchronized', async () => {
  const host = fakeHost({ files: runs('chronyd') })
  host.on(['chronyc'], { exitCode: 1, stdout: '506 Cannot talk to daemon\n' })
  expect(await look(host)).toMatchObject({ kind: 'fail', found: 'chrony runs, not synchronized, without a server' })
})
