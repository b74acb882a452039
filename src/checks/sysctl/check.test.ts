import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const GENEROUS = { 'fs.inotify.max_user_instances': '8192', 'fs.inotify.max_user_watches': '524288' }
const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0102000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth1\t0003000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
`
type Scene = Parameters<typeof fakeHost>[0]
const look = (scene: Scene = {}) =>
  check.look(fakeHost({ ...scene, sysctls: { ...GENEROUS, ...scene?.sysctls } }), params)

test.each<[string, Scene]>([
  ['a new machine without forwarding', { sysctls: { 'net.ipv4.ip_forward': '0' } }],
  [
    'a file that is read before that of provisioning',
    {
      files: {
        '/etc/sysctl.d/50-hardening.conf': 'net.ipv4.ip_forward = 0\n',
        '/usr/lib/sysctl.d/50-default.conf': '-net.ipv4.conf.all.promote_secondaries\n',
      },
    },
  ],
  [
    'a vendor file that another file of the same name hides',
    { files: { '/usr/lib/sysctl.d/99-x.conf': 'net.ipv4.ip_forward=0\n', '/etc/sysctl.d/99-x.conf': '# nothing\n' } },
  ],
  [
    'a masked vendor file',
    {
      files: { '/usr/lib/sysctl.d/99-x.conf': 'net.ipv4.ip_forward=0\n' },
      links: { '/etc/sysctl.d/99-x.conf': '/dev/null' },
    },
  ],
  ['strict filtering with one card', { sysctls: { 'net.ipv4.conf.all.rp_filter': '1' } }],
  [
    'loose filtering with two',
    {
      sysctls: { 'net.ipv4.conf.all.rp_filter': '2' },
      files: { '/proc/net/route': ROUTES },
      directories: ['/sys/class/net/eth0/device', '/sys/class/net/eth1/device'],
    },
  ],
  [
    'strict filtering with one card and a bridge of Docker',
    {
      sysctls: { 'net.ipv4.conf.all.rp_filter': '1' },
      files: { '/proc/net/route': ROUTES },
      directories: ['/sys/class/net/eth0/device'],
    },
  ],
])('%s is fine', async (_, scene) => {
  expect(await look(scene)).toMatchObject({ kind: 'pass' })
})

test('the defaults of most distributions are too low', async () => {
  const sysctls = { 'fs.inotify.max_user_instances': '128', 'fs.inotify.max_user_watches': '8192' }
  expect(await look({ sysctls })).toEqual({
    kind: 'warn',
    found: 'fs.inotify.max_user_instances 128; fs.inotify.max_user_watches 8192',
    wanted: 'at least 1024; at least 65536',
    fix: expect.stringContaining("echo 'fs.inotify.max_user_watches = 65536' >> /etc/sysctl.d/90-inotify.conf"),
  })
})

test.each([
  ['/etc/sysctl.d/99-hardening.conf', 'net.ipv4.ip_forward=0\n'],
  ['/etc/sysctl.d/99-sysctl.conf', 'net/ipv4/ip_forward = 0\n'],
])('%s would disable forwarding', async (path, text) => {
  expect(await look({ files: { [path]: text } })).toMatchObject({
    kind: 'warn',
    found: `${path} sets net.ipv4.ip_forward to 0 at the next boot`,
    fix: `sed -i -E --follow-symlinks 's/^\\s*-?\\s*(net[./]ipv4[./]ip_forward)\\s*=.*/\\1 = 1/' ${path}`,
  })
})

test('strict filtering with two cards', async () => {
  const verdict = await look({
    sysctls: { 'net.ipv4.conf.all.rp_filter': '1' },
    files: { '/proc/net/route': ROUTES },
    directories: ['/sys/class/net/eth0/device', '/sys/class/net/eth1/device'],
  })
  expect(verdict).toMatchObject({ kind: 'warn', found: expect.stringContaining('several network cards') })
})
