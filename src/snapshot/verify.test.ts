import { expect, test } from 'vitest'
import { type FakeHost, type FakeHostOptions, fakeHost } from '../../test/support/fake-host.ts'
import { walkFake } from '../../test/support/walk-fake.ts'
import { observe } from './look/look.ts'
import { type Knowledge, verify } from './verify.ts'

const BEFORE = Date.parse('2026-01-01T00:00:00Z')
const AT_WORK = BEFORE + 60_000
const LATER = BEFORE + 3_600_000

const SCENE: FakeHostOptions = {
  files: {
    '/etc/hosts': '127.0.0.1 localhost\n',
    '/etc/hardened.conf': 'strict\n',
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
    '/etc/group': 'root:x:0:\n',
    '/etc/resolv.conf': 'nameserver 192.0.2.1\n',
    '/proc/self/mountinfo': '22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n',
    '/proc/modules': 'nf_tables 1 0 - Live 0x0\n',
    '/proc/net/tcp': '',
    '/proc/uptime': '7200.00 1.00\n',
    '/usr/local/bin/tool': 'x',
  },
  directories: ['/etc/systemd/system', '/opt/app', '/var/log', '/var/lib/dpkg', '/sys/fs/cgroup/memory/system.slice'],
  sysctls: {
    'net.ipv4.ip_forward': '0',
    'vm.swappiness': '60',
    'net.ipv6.conf.eth0.accept_ra': '1',
    'vm.user_reserve_kbytes': '108555',
    'kernel.random.uuid': 'one',
  },
  now: new Date(BEFORE),
  commands: {
    'systemctl list-unit-files': { stdout: 'ssh.service enabled enabled\ncron.service enabled enabled\n' },
    'systemctl list-units': {
      stdout: 'ssh.service loaded active running x\ncron.service loaded active running x\n',
    },
    'ip -json -details link': { stdout: '[{"ifname":"eth0","link_type":"ether","mtu":1500}]' },
    'ip -json address': {
      stdout: '[{"ifname":"eth0","addr_info":[{"local":"192.0.2.7","prefixlen":24,"scope":"global"}]}]',
    },
    'ip -json -4 route': { stdout: '[{"dst":"default","gateway":"192.0.2.1","dev":"eth0"}]' },
    'ip -json -6 route': { stdout: '' },
    'ip -json -4 rule': { stdout: '[]' },
    'ip -json -6 rule': { stdout: '[]' },
    'iptables-nft-save': { stdout: '*filter\n:INPUT ACCEPT [1:2]\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n' },
    'ip6tables-nft-save': {},
    'nft -s -t list ruleset': { stdout: 'table inet mine {\n\tchain input {\n\t\taccept\n\t}\n}\n' },
    'dpkg-query --search': { stdout: 'nginx: /etc/nginx.conf\n', exitCode: 1 },
  },
}

const FILE = { kind: 'file', bytes: Buffer.alloc(0), mode: 0o644, uid: 0, gid: 0, mtimeMs: AT_WORK } as const

const KNOWLEDGE: Omit<Knowledge, 'atUndo'> = {
  named: new Set(['/etc/hosts', 'net.ipv4.ip_forward', 'net.ipv4.conf.vpn0.forwarding', 'kubelet.service']),
  changedByOthers: () => false,
  provisionedKubernetes: true,
  isDuringRun: (ms) => ms >= AT_WORK && ms < LATER,
  trees: ['/etc/kubernetes', '/var/log/pods', '/var/lib/kubelet/pods'],
  shared: new Set(['/etc/resolv.local']),
  isLedgerComplete: true,
  kept: [],
  left: [],
  own: ['/var/lib/cantrip'],
}

/** The result after `change`, made at the given time: during the undo, unless `knowledge` has the state when it began. */
async function after(change: (host: FakeHost) => void, atMs = AT_WORK, knowledge: Partial<Knowledge> = {}) {
  const host = fakeHost(SCENE)
  const observer = { view: host, walk: walkFake(host.machine.files) }
  const { snapshot } = await observe(observer)
  expect(snapshot.unseen).toEqual({})
  host.clock.nowMs = atMs
  change(host)
  host.clock.nowMs = LATER
  return verify(snapshot, observer, { ...KNOWLEDGE, atUndo: snapshot, ...knowledge })
}

/** The same for a change before the undo began. */
async function afterOlder(change: (host: FakeHost) => void, atMs = AT_WORK, knowledge: Partial<Knowledge> = {}) {
  const host = fakeHost(SCENE)
  host.clock.nowMs = atMs
  change(host)
  const { snapshot: atUndo } = await observe({ view: host, walk: walkFake(host.machine.files) })
  return after(change, atMs, { atUndo, ...knowledge })
}

const names = (found: readonly { what: string }[]) => found.map(({ what }) => what)
const write =
  (path: string, text = 'x') =>
  (host: FakeHost) =>
    host.files.seed(path, text)
const answers = (command: string, stdout: string) => (host: FakeHost) => host.on(command.split(' '), { stdout })

test('no differences without changes', async () => {
  expect(await after(() => undefined)).toEqual({ differences: [], unrelated: [], unseen: [] })
})

test.each<[string, (host: FakeHost) => void, string]>([
  ['a file that Kubernetes leaves', write('/etc/kubernetes/admin.conf'), '/etc/kubernetes'],
  ['different content of a file that the ledger names', write('/etc/hosts', 'other'), '/etc/hosts'],
  ['a file changed while a run was at work', write('/etc/hardened.conf', 'lax'), '/etc/hardened.conf'],
  [
    'a file that was removed during the undo',
    (host) => host.files.deleteTree('/etc/hardened.conf', false),
    '/etc/hardened.conf',
  ],
  ['logs of pods', write('/var/log/pods/x/0.log'), '/var/log/pods'],
  [
    'a parameter that the ledger names',
    (host) => host.files.seed('/proc/sys/net/ipv4/ip_forward', '1\n'),
    'net.ipv4.ip_forward',
  ],
  ['a parameter that nobody names', (host) => host.files.seed('/proc/sys/vm/swappiness', '10\n'), 'vm.swappiness'],
  [
    'an interface of the pod network',
    answers(
      'ip -json -details link',
      '[{"ifname":"eth0","link_type":"ether","mtu":1500},{"ifname":"cni0","mtu":1450}]',
    ),
    'cni0',
  ],
  ['an address that is gone', answers('ip -json address', '[]'), '192.0.2.7/24 on eth0'],
  ['a route that is gone', answers('ip -json -4 route', '[]'), 'default in main'],
  [
    "a user's rule that is gone",
    answers('iptables-nft-save', '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n'),
    'iptables-nft -t filter -A INPUT -p tcp --dport 22 -j ACCEPT',
  ],
  [
    'a chain of Kubernetes',
    answers('ip6tables-nft-save', '*nat\n:KUBE-MARK-MASQ - [0:0]\nCOMMIT\n'),
    'ip6tables-nft -t nat chain KUBE-MARK-MASQ',
  ],
  [
    'a rule that jumps to a chain of the pod network',
    answers(
      'ip6tables-nft-save',
      '*nat\n-A POSTROUTING -m comment --comment "name: \\"cbr0\\" id: \\"a\\"" -j CNI-0123456789abcdef01234567\nCOMMIT\n',
    ),
    'ip6tables-nft -t nat -A POSTROUTING -m comment --comment "name: \\"cbr0\\" id: \\"a\\"" -j CNI-0123456789abcdef01234567',
  ],
  [
    'a service that stopped while a run was at work',
    (host) => {
      host.on(['systemctl', 'list-units'], { stdout: 'ssh.service loaded active running x\n' })
      host.on(['systemctl', 'show'], { stdout: `InactiveEnterTimestampMonotonic=${(7200 - 3600 + 100) * 1e6}\n` })
    },
    'cron.service',
  ],
  [
    'a failed unit without a file',
    answers(
      'systemctl list-units',
      'ssh.service loaded active running x\ncron.service loaded active running x\nkubelet.service not-found failed failed x\n',
    ),
    'kubelet.service',
  ],
  [
    'a mount of a pod',
    write(
      '/proc/self/mountinfo',
      '22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n30 22 0:40 / /var/lib/kubelet/pods/a rw - tmpfs tmpfs rw\n',
    ),
    '/var/lib/kubelet/pods/a',
  ],
  [
    'a control group',
    (host) => host.files.seedDirectory('/sys/fs/cgroup/memory/kubepods'),
    '/sys/fs/cgroup/memory/kubepods',
  ],
])('a difference: %s', async (_, change, what) => {
  const { differences } = await after(change)
  expect(names(differences)).toEqual([what])
  expect(differences[0]?.fix).not.toBe('')
})

const LINK = (...more: object[]) =>
  answers('ip -json -details link', JSON.stringify([{ ifname: 'eth0', link_type: 'ether', mtu: 1500 }, ...more]))
const RULES = (...lines: string[]) =>
  answers('iptables-nft-save', ['*filter', ':INPUT ACCEPT [1:2]', ...lines, 'COMMIT', ''].join('\n'))
const OWN = '-A INPUT -p tcp --dport 22 -j ACCEPT'

test.each<[string, (host: FakeHost) => void, string]>([
  ['a parameter', (host) => host.files.seed('/proc/sys/vm/swappiness', '10\n'), 'vm.swappiness'],
  ['an address that is gone', answers('ip -json address', '[]'), '192.0.2.7/24 on eth0'],
  ['a route that is gone', answers('ip -json -4 route', '[]'), 'default in main'],
  [
    'another default route',
    answers('ip -json -4 route', '[{"dst":"default","gateway":"192.0.2.254","dev":"eth0"}]'),
    'default in main',
  ],
  ['a routing rule', answers('ip -json -4 rule', '[{"priority":100,"src":"all","table":"vpn"}]'), 'rule-4'],
  ['a link', LINK({ ifname: 'dummy0', mtu: 1500, linkinfo: { info_kind: 'dummy' } }), 'dummy0'],
  ['another MTU', answers('ip -json -details link', '[{"ifname":"eth0","link_type":"ether","mtu":9000}]'), 'eth0'],
  ['a bridge of LXC', LINK({ ifname: 'lxcbr0', mtu: 1500, linkinfo: { info_kind: 'bridge' } }), 'lxcbr0'],
  ['a bridge with the prefix of Calico', LINK({ ifname: 'cali-lab', mtu: 1500 }), 'cali-lab'],
  ["one end of a person's pair", LINK({ ifname: 'veth0', mtu: 1500, linkinfo: { info_kind: 'veth' } }), 'veth0'],
  ["a tunnel that the kernel's module brings", LINK({ ifname: 'tunl0', mtu: 1480 }), 'tunl0'],
  ['a removed rule', RULES(), `iptables-nft -t filter ${OWN}`],
  ['a chain with the prefix of Kubernetes', RULES(OWN, ':KUBE-MINE - [0:0]'), 'iptables-nft -t filter chain KUBE-MINE'],
  ['a rule that jumps to it', RULES(OWN, '-A INPUT -j KUBE-MINE'), 'iptables-nft -t filter -A INPUT -j KUBE-MINE'],
  [
    "a chain of podman's",
    RULES(OWN, ':CNI-0123456789abcdef01234567 - [0:0]'),
    'iptables-nft -t filter chain CNI-0123456789abcdef01234567',
  ],
  [
    "what leads to a chain of podman's",
    RULES(OWN, '-A INPUT -m comment --comment "name: \\"podman\\" id: \\"a\\"" -j CNI-0123456789abcdef01234567'),
    'iptables-nft -t filter -A INPUT -m comment',
  ],
  [
    'a parameter of a new interface, whose forwarding is recorded',
    write('/proc/sys/net/ipv4/conf/vpn0/forwarding', '0\n'),
    'net.ipv4.conf.vpn0.forwarding',
  ],
  ['a chain with the prefix of Calico', RULES(OWN, ':cali-mine - [0:0]'), 'iptables-nft -t filter chain cali-mine'],
  [
    'a table of kube-proxy in another family',
    answers('nft -s -t list ruleset', 'table inet kube-proxy {\n}\n'),
    'nft table inet kube-proxy',
  ],
  ['a removed file', (host) => host.files.deleteTree('/usr/local/bin/tool', false), '/usr/local/bin/tool'],
  ['a drop-in', write('/etc/systemd/system/ssh.service.d/limits.conf'), '/etc/systemd/system/ssh.service.d'],
  [
    'a drop-in for a unit of Cantrip',
    write('/etc/systemd/system/kubelet.service.d/site.conf'),
    '/etc/systemd/system/kubelet.service.d',
  ],
  ['a tool in the same directory', write('/usr/local/bin/kubectx'), '/usr/local/bin/kubectx'],
  ['a file changed while a run was at work', write('/etc/hardened.conf', 'lax'), '/etc/hardened.conf'],
  ['a cron table', write('/etc/cron.d/backup'), '/etc/cron.d'],
  [
    'a namespace',
    write(
      '/proc/self/mountinfo',
      '22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n30 22 0:4 net:[1] /run/netns/vpn rw - nsfs nsfs rw\n',
    ),
    '/run/netns/vpn',
  ],
  ['an account', write('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\netcd:x:998:998::/:/bin/false\n'), 'etcd'],
  ['the hostname', (host) => host.files.seed('/proc/sys/kernel/hostname', 'web\n'), 'hostname'],
])('changes by others, at any time: %s', async (_, change, what) => {
  const { differences, unrelated } = await afterOlder(change)
  expect(differences).toEqual([])
  expect(names(unrelated).some((name) => name.startsWith(what))).toBe(true)
  expect(unrelated.every(({ why }) => why.length > 10)).toBe(true)
})

test('an interface is reported once, without its parameters', async () => {
  const { unrelated } = await afterOlder((host) => {
    LINK({ ifname: 'vpn.7', mtu: 1500 }, { ifname: 'mine', mtu: 1500 })(host)
    for (const key of ['ipv4/conf/vpn.7/rp_filter', 'ipv6/conf/mine/mtu6', 'ipv4/conf/other/rp_filter'])
      host.files.seed(`/proc/sys/net/${key}`, '0\n')
  })
  expect(names(unrelated).sort()).toEqual(['mine', 'net.ipv4.conf.other.rp_filter', 'vpn.7'])
})

test('if the ledger lost records, changes without a record count, and so do those in the places of Kubernetes', async () => {
  const knowledge: Partial<Knowledge> = { isLedgerComplete: false, trees: [] }
  const change = (host: FakeHost) => {
    host.files.seed('/etc/hardened.conf', 'lax')
    host.files.seed('/etc/kubernetes/admin.conf', 'x')
    host.files.seed('/proc/sys/vm/swappiness', '10\n')
  }
  expect(names((await afterOlder(change, AT_WORK, knowledge)).differences)).toEqual([
    '/etc/hardened.conf',
    '/etc/kubernetes',
    'vm.swappiness',
  ])
})

test("a file of another program with an added line is not Cantrip's", async () => {
  const { differences, unrelated } = await after(write('/etc/resolv.local'))
  expect(differences).toEqual([])
  expect(unrelated).toEqual([
    expect.objectContaining({ what: '/etc/resolv.local', why: expect.stringContaining('line') }),
  ])
})

test.each<[string, (host: FakeHost) => void, string, RegExp, number?]>([
  ['logs', write('/var/log/syslog.1'), '/var/log/syslog.1', /rotate/],
  ['a package', write('/etc/nginx.conf'), '/etc/nginx.conf', /package nginx/],
  [
    'an account',
    write('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\nbob:x:1000:1000::/home/bob:/bin/sh\n'),
    '/etc/passwd',
    /accounts/,
  ],
  ['a lease', write('/etc/resolv.conf', 'nameserver 192.0.2.2\n'), '/etc/resolv.conf', /DHCP/],
  [
    'a file that was changed at another time',
    write('/etc/hardened.conf', 'own'),
    '/etc/hardened.conf',
    /when no run of this/,
    BEFORE + 1,
  ],
  ['a session', write('/run/utmp-x'), '/run/utmp-x', /runtime/],
  [
    'an interface of docker',
    answers(
      'ip -json -details link',
      '[{"ifname":"eth0","link_type":"ether","mtu":1500},{"ifname":"veth1","mtu":1500,"master":"docker0"}]',
    ),
    'veth1',
    /container engines/,
  ],
  [
    'a rule that only mentions Kubernetes',
    answers(
      'nft -s -t list ruleset',
      'table inet mine {\n\tchain input {\n\t\taccept\n\t\tdrop comment "KUBE-SERVICES"\n\t}\n}\n',
    ),
    'nft table inet mine chain input drop comment "KUBE-SERVICES"',
    /names no chain/,
  ],
  [
    'an automount',
    write(
      '/proc/self/mountinfo',
      '22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n30 22 0:40 / /efi rw - autofs systemd-1 rw\n31 30 8:2 / /efi rw - vfat /dev/sda2 rw\n',
    ),
    '/efi',
    /on demand/,
  ],
  [
    'a route of docker',
    answers(
      'ip -json -4 route',
      '[{"dst":"default","gateway":"192.0.2.1","dev":"eth0"},{"dst":"10.9.0.0/16","dev":"docker0"}]',
    ),
    '10.9.0.0/16 in main',
    /not belong to Kubernetes/,
  ],
  ['a module', write('/proc/modules', 'nf_tables 1 0 - Live 0x0\nvxlan 1 0 - Live 0x0\n'), 'vxlan', /kernel loads/],
  [
    'a service that a person stopped',
    (host) => {
      host.on(['systemctl', 'list-units'], { stdout: 'ssh.service loaded active running x\n' })
      host.on(['systemctl', 'show'], { stdout: `InactiveEnterTimestampMonotonic=${(7200 - 3600 + 10) * 1e6}\n` })
    },
    'cron.service',
    /when no run of this/,
  ],
  [
    'a parameter with another size after a boot',
    (host) => host.files.seed('/proc/sys/vm/user_reserve_kbytes', '108572\n'),
    'vm.user_reserve_kbytes',
    /free memory/,
  ],
  [
    'a parameter that the network manager sets',
    (host) => host.files.seed('/proc/sys/net/ipv6/conf/eth0/accept_ra', '0\n'),
    'net.ipv6.conf.eth0.accept_ra',
    /network manager of the interface/,
  ],
  [
    'a volatile parameter',
    write('/proc/sys/kernel/new_parameter', '1'),
    'kernel.new_parameter',
    /appear and disappear/,
  ],
])("not Cantrip's: %s", async (_, change, what, why, atMs) => {
  const { differences, unrelated } = await after(change, atMs)
  expect(differences).toEqual([])
  const found = unrelated.find((one) => one.what === what)
  expect(found?.why).toMatch(why)
})

test('what was kept or could not be undone is reported once', async () => {
  const plant = (host: FakeHost) => {
    host.files.seed('/etc/kubernetes/foreign', 'x')
    host.files.seed('/var/lib/kubelet/mounted/file', 'x')
    host.files.seed('/var/lib/cantrip/ledger/ledger.jsonl', 'x')
  }
  const kept = [{ what: '/etc/kubernetes', because: 'of user 1234' }]
  const { differences, unrelated } = await after(plant, AT_WORK, { kept, left: [{ what: '/var/lib/kubelet' }] })
  expect(differences).toEqual([])
  expect(unrelated).toEqual([
    expect.objectContaining({ what: '/etc/kubernetes', why: 'kept on purpose: of user 1234' }),
  ])
})

test('without its own Kubernetes, another Kubernetes is not a difference', async () => {
  const { differences, unrelated } = await after(write('/etc/kubernetes/admin.conf'), AT_WORK, {
    provisionedKubernetes: false,
    isLedgerComplete: false,
    trees: [],
  })
  expect(differences).toEqual([])
  expect(unrelated.map(({ why }) => why)).toEqual([expect.stringContaining('did not provision Kubernetes')])
})

test('changes of another installation are not differences', async () => {
  const forward = (host: FakeHost) => host.files.seed('/proc/sys/net/ipv4/ip_forward', '1\n')
  const { differences, unrelated } = await after(forward, AT_WORK, {
    changedByOthers: (what) => what === 'net.ipv4.ip_forward',
  })
  expect(differences).toEqual([])
  expect(unrelated.map(({ why }) => why)).toEqual([expect.stringContaining('another installation')])
})

test('a place with too many files is reported, and the others are compared', async () => {
  const many = (host: FakeHost) => {
    for (let i = 0; i < 10_001; i++) host.files.nodes.set(`/opt/app/${i}`, FILE)
    host.files.seed('/etc/hosts', 'other')
  }
  const { differences, unseen } = await after(many)
  expect(names(differences)).toEqual(['/etc/hosts'])
  expect(unseen).toEqual([{ kind: 'file', why: expect.stringContaining('/opt has too many files') }])
})

test('what cannot be observed is reported, and not compared', async () => {
  const { differences, unseen } = await after((host) => host.on(['ip', '-json', 'address'], { exitCode: 1 }))
  expect(differences).toEqual([])
  expect(unseen).toEqual([{ kind: 'address', why: expect.stringContaining('exit code 1') }])
})
