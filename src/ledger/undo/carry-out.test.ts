import { expect, test } from 'vitest'
import { type FakeHostOptions, fakeHost } from '../../../test/support/fake-host.ts'
import type { FakeMachine } from '../../../test/support/fake-machine.ts'
import { AgentError } from '../../base/agent-error.ts'
import type { Undo } from '../../host/undo.ts'
import { carryOut } from './carry-out.ts'

const scene = (options: FakeHostOptions = {}) => fakeHost(options).machine
const mountLine = (id: number, point: string) => `${id} 1 0:${id} / ${point} rw - tmpfs tmpfs rw\n`

test('every kind succeeds if its object no longer exists', async () => {
  const undos: Undo[] = [
    { kind: 'remove-path', path: '/etc/none', sha256: 'x' },
    { kind: 'remove-tree', path: '/etc/none' },
    { kind: 'empty-directory', path: '/etc/none' },
    { kind: 'remove-line', path: '/etc/none', line: 'x' },
    { kind: 'restore-mode', path: '/etc/none', mode: 0o600 },
    { kind: 'unit', unit: 'none.service', before: { enabled: false, active: false } },
    { kind: 'daemon-reload' },
    { kind: 'sysctl', key: 'net.none', before: '1' },
    { kind: 'module', name: 'none' },
    { kind: 'hostname', before: 'node' },
    { kind: 'container-processes', containerdNamespace: 'k8s.io' },
    { kind: 'unmount-below', path: '/var/lib/kubelet' },
    { kind: 'remove-links', names: ['cni0'] },
    { kind: 'remove-network-namespaces', names: ['cni-*'] },
    { kind: 'remove-cgroups', names: ['kubepods'] },
    { kind: 'remove-nft-tables', names: ['kube-proxy'] },
    { kind: 'firewalld', zone: 'public', ports: ['6443/tcp'], interfaces: [], permanent: true },
    { kind: 'swap', path: '/swap.img' },
    { kind: 'nothing', because: 'a test' },
  ]
  for (const undo of undos) {
    const machine = scene()
    const before = machine.files.snapshot()
    expect(await carryOut(undo, machine), undo.kind).toBeUndefined()
    expect(machine.files.snapshot()).toEqual(before)
  }
})

test.each<[string, Undo, FakeHostOptions, string | undefined, RegExp]>([
  [
    'a parameter',
    { kind: 'sysctl', key: 'net.a', before: '1', written: '2 3' },
    { sysctls: { 'net.a': '2\t3' } },
    '1',
    /^$/,
  ],
  ['one of an older record', { kind: 'sysctl', key: 'net.a', before: '1' }, { sysctls: { 'net.a': '9' } }, '1', /^$/],
  [
    'a parameter that was changed since',
    { kind: 'sysctl', key: 'net.a', before: '1', written: '2' },
    { sysctls: { 'net.a': '9' } },
    '9',
    /^net.a was changed to 9 since Cantrip set it to 2; before, it was 1$/,
  ],
  [
    'a parameter that the first try had set',
    { kind: 'sysctl', key: 'net.a', before: '10', written: '10' },
    { sysctls: { 'net.a': '0' } },
    '0',
    /^$/,
  ],
  ['a hostname', { kind: 'hostname', before: 'old', written: 'new' }, { hostname: 'new' }, 'old', /^$/],
  [
    'a hostname that was changed since',
    { kind: 'hostname', before: 'old', written: 'new' },
    { hostname: 'web' },
    'web',
    /changed to web/,
  ],
])('%s is restored unless it was changed since', async (_, undo, options, expected, why) => {
  const machine = scene(options)
  const result = await carryOut(undo, machine)
  expect(result?.kept ?? '').toMatch(why)
  const now = undo.kind === 'hostname' ? machine.hostname() : machine.files.bytes('/proc/sys/net/a')?.toString().trim()
  expect(now).toBe(expected)
})

test('a mode is restored unless it was changed since', async () => {
  const machine = scene({ directories: ['/srv/a', '/srv/b'] })
  machine.files.setAttributes('/srv/a', { mode: 0o700 })
  machine.files.setAttributes('/srv/b', { mode: 0o711 })
  const undo = (path: string): Undo => ({ kind: 'restore-mode', path, mode: 0o755, written: 0o700 })
  expect(await carryOut(undo('/srv/a'), machine)).toBeUndefined()
  expect((await carryOut(undo('/srv/b'), machine))?.kept).toBe(
    'the mode of /srv/b was changed to 711 since Cantrip set it; before, it was 755',
  )
  expect([machine.files.stat('/srv/a')?.mode, machine.files.stat('/srv/b')?.mode]).toEqual([0o755, 0o711])
})

test('unmounts deepest first, in one call, and reports a mount that stays with its fix', async () => {
  const points = ['/var/lib/kubelet', '/var/lib/kubelet/pods/a/b', '/var/lib/kubelet/pods/c', '/var/lib/kubelet-other']
  const machine = scene()
  const show = () =>
    machine.files.seed('/proc/self/mountinfo', points.map((point, i) => mountLine(i + 2, point)).join(''))
  show()
  machine.on(['umount'], (argv) => {
    for (const point of argv.slice(2)) if (!point.endsWith('/c')) points.splice(points.indexOf(point), 1)
    show()
    return { exitCode: 32, stderr: 'umount: /var/lib/kubelet/pods/c: target is busy.\n' }
  })
  await expect(carryOut({ kind: 'unmount-below', path: '/var/lib/kubelet' }, machine)).rejects.toMatchObject({
    code: 'undo/mount-left',
    message: 'still mounted: /var/lib/kubelet/pods/c (umount: /var/lib/kubelet/pods/c: target is busy.)',
    fix: expect.stringContaining('fuser -vm /var/lib/kubelet/pods/c'),
  })
  expect(machine.calls[0]?.slice(2)).toEqual([
    '/var/lib/kubelet/pods/a/b',
    '/var/lib/kubelet/pods/c',
    '/var/lib/kubelet',
  ])
  expect(points).toEqual(['/var/lib/kubelet/pods/c', '/var/lib/kubelet-other'])
})

function process(machine: FakeMachine, pid: number, parent: number, argv: string[]): void {
  machine.files.seed(`/proc/${pid}/stat`, `${pid} (a (b) c) S ${parent} 1 1`)
  machine.files.seed(`/proc/${pid}/cmdline`, `${argv.join('\0')}\0`)
}

test('containers of the namespace end before their shims; other containers keep running', async () => {
  const machine = scene()
  const shim = (namespace: string, socket = '/run/containerd/containerd.sock') => [
    ...['/usr/local/bin/containerd-shim-runc-v2', '-namespace', namespace, '-id', 'x', '-address', socket],
  ]
  process(machine, 10, 1, shim('k8s.io'))
  process(machine, 11, 10, ['/pause'])
  process(machine, 12, 11, ['nginx'])
  process(machine, 20, 1, shim('moby'))
  process(machine, 21, 20, ['postgres'])
  process(machine, 30, 1, ['grep', '-namespace', 'k8s.io'])
  process(machine, 40, 1, shim('k8s.io', '/run/k3s/containerd/containerd.sock'))
  process(machine, 41, 40, ['traefik'])
  await carryOut({ kind: 'container-processes', containerdNamespace: 'k8s.io' }, machine)
  expect(machine.killed).toEqual([
    { pid: 11, signal: 'SIGTERM' },
    { pid: 12, signal: 'SIGTERM' },
    { pid: 10, signal: 'SIGKILL' },
  ])
})

test('with a socket, the containers of that containerd end; those of another one in the same namespace keep running', async () => {
  const machine = scene()
  const shim = (namespace: string, socket: string) => [
    '/x/containerd-shim-runc-v2',
    '-namespace',
    namespace,
    '-id',
    'x',
    '-address',
    socket,
  ]
  process(machine, 10, 1, shim('k8s.io', '/run/cantrip-containerd/containerd.sock'))
  process(machine, 20, 1, shim('k8s.io', '/run/containerd/containerd.sock'))
  process(machine, 30, 1, shim('default', '/run/cantrip-containerd/containerd.sock'))
  const socket = '/run/cantrip-containerd/containerd.sock'
  await carryOut({ kind: 'container-processes', containerdNamespace: 'k8s.io', socket }, machine)
  expect(machine.killed.map(({ pid }) => pid)).toEqual([10, 30])
})

const SOCKET = '/run/cantrip-containerd/containerd.sock'
const SHIM = `/x/containerd-shim-runc-v2 -namespace k8s.io -id x -address ${SOCKET}`
const HOST_NAMESPACES = { pid: 'pid:[1]', mnt: 'mnt:[1]' }

test.each([
  ['in another PID namespace', { pid: 'pid:[2]', mnt: 'mnt:[2]' }, '0\t0\t0\t0'],
  ['in another mount namespace', { pid: 'pid:[1]', mnt: 'mnt:[2]' }, '0\t0\t0\t0'],
  ['of another user', HOST_NAMESPACES, '1000\t1000\t1000\t1000'],
  ['with the set-user-ID bit, started by a user', HOST_NAMESPACES, '1000\t0\t0\t0'],
])('a shim %s is ignored, whatever its arguments are', async (_, namespaces, uids) => {
  const machine = scene()
  const inNamespaces = (id: string, { pid, mnt }: typeof HOST_NAMESPACES) => {
    machine.files.seedDirectory(`/proc/${id}/ns`)
    machine.files.put(`/proc/${id}/ns/pid`, { kind: 'symlink', target: pid }, 0o777)
    machine.files.put(`/proc/${id}/ns/mnt`, { kind: 'symlink', target: mnt }, 0o777)
  }
  inNamespaces('self', HOST_NAMESPACES)
  for (const pid of [10, 500]) {
    process(machine, pid, 1, SHIM.split(' '))
    process(machine, pid + 1, pid, ['postgres'])
    inNamespaces(`${pid}`, pid === 500 ? namespaces : HOST_NAMESPACES)
    machine.files.seed(`/proc/${pid}/status`, `Name:\tshim\nUid:\t${pid === 500 ? uids : '0\t0\t0\t0'}\n`)
  }
  await carryOut({ kind: 'container-processes', containerdNamespace: 'k8s.io', socket: SOCKET }, machine)
  expect(machine.killed.map(({ pid }) => pid)).toEqual([11, 10])
})

/** Deletes the interfaces of `ip -batch`, except those that the kernel keeps. */
function answerIp(machine: FakeMachine, stays: readonly string[] = []): void {
  machine.on(['ip', '-force'], (_argv, { stdin = '' }) => {
    for (const [, kind, name = ''] of stdin.matchAll(/^(link|netns) delete (\S+)$/gm)) {
      const path = kind === 'link' ? `/sys/class/net/${name}` : `/run/netns/${name}`
      if (!stays.includes(name)) machine.files.deleteTree(path, false)
    }
    return {}
  })
}

const LINKS = ['cni0', 'cali0123456789a', 'calic0ffee00000', 'cali-lab', 'cali1', 'lxcbr0', 'lxc0123456789ab', 'lxc1']
const OF_OLD_RECORDS = [
  'cni0',
  'flannel.1',
  'flannel-v6.1',
  'kube-ipvs0',
  'cali*',
  'tunl0',
  'vxlan.calico',
  'cilium_*',
  'lxc*',
]

test('removes interfaces by name or by the patterns of their programs, in one call; names with the same prefix stay', async () => {
  const machine = scene({ directories: [...LINKS, 'cilium_mine', 'eth0'].map((name) => `/sys/class/net/${name}`) })
  answerIp(machine)
  const result = await carryOut({ kind: 'remove-links', names: OF_OLD_RECORDS, spare: ['calic0ffee00000'] }, machine)
  expect(machine.files.list('/sys/class/net')).toEqual(
    ['calic0ffee00000', 'cali-lab', 'cali1', 'cilium_mine', 'eth0', 'lxc1', 'lxcbr0'].sort(),
  )
  expect(result?.removed).toEqual(
    ['cni0', 'cali0123456789a', 'lxc0123456789ab'].map((name) => `network interface ${name}`),
  )
  expect(machine.calls).toEqual([['ip', '-force', '-batch', '-']])
})

test.each(['tunl0', 'gre0', 'sit0', 'ip6tnl0'])('%s, which the kernel keeps, stays and is reported', async (name) => {
  const machine = scene({ directories: [`/sys/class/net/${name}`] })
  expect(await carryOut({ kind: 'remove-links', names: [name] }, machine)).toEqual({
    kept: expect.stringContaining(`${name} stays until`),
  })
})

test('removes control groups bottom up, in every hierarchy, and stops a slice first', async () => {
  const machine = scene({
    directories: [
      '/sys/fs/cgroup/kubepods.slice/burstable/pod1',
      '/sys/fs/cgroup/memory/kubepods.slice/pod2',
      '/sys/fs/cgroup/system.slice',
    ],
  })
  machine.on(['systemctl', 'stop'], {})
  await carryOut({ kind: 'remove-cgroups', names: ['kubepods.slice'] }, machine)
  expect(machine.files.list('/sys/fs/cgroup')).toEqual(['memory', 'system.slice'])
  expect(machine.files.list('/sys/fs/cgroup/memory')).toEqual([])
  expect(machine.calls).toEqual([['systemctl', 'stop', '--', 'kubepods.slice']])
})

test('on a busy machine the kernel releases a control group seconds after its processes were killed', async () => {
  const path = '/sys/fs/cgroup/kubepods'
  const machine = scene({ directories: [path] })
  const { removeDirectory } = machine
  const released = machine.now().getTime() + 10_000
  machine.removeDirectory = async (each) => {
    if (machine.now().getTime() < released) throw new AgentError('file/failed', 'EBUSY', { fix: '' })
    return removeDirectory(each)
  }
  expect(await carryOut({ kind: 'remove-cgroups', names: ['kubepods'] }, machine)).toMatchObject({
    removed: [`control group ${path}`],
  })
  machine.files.seedDirectory(path)
  machine.removeDirectory = async () => {
    throw new AgentError('file/failed', 'EBUSY', { fix: '' })
  }
  await expect(carryOut({ kind: 'remove-cgroups', names: ['kubepods'] }, machine)).rejects.toMatchObject({
    code: 'undo/cgroup-left',
  })
})

test('with cgroup v2, control groups of Kubernetes in an LXC container stay', async () => {
  const machine = scene({
    directories: ['/sys/fs/cgroup/lxc.payload.k8s/kubepods.slice/pod1', '/sys/fs/cgroup/kubepods.slice/pod2'],
    files: { '/sys/fs/cgroup/cgroup.controllers': 'cpu memory\n' },
  })
  machine.on(['systemctl', 'stop'], {})
  const result = await carryOut({ kind: 'remove-cgroups', names: ['kubepods.slice'] }, machine)
  expect(result?.removed).toEqual(['control group /sys/fs/cgroup/kubepods.slice'])
  expect(machine.files.list('/sys/fs/cgroup/lxc.payload.k8s/kubepods.slice')).toEqual(['pod1'])
})

test('a module in use stays, and is reported', async () => {
  const machine = scene({ modules: ['overlay'] })
  machine.unloadModule = async () => {
    throw new AgentError('command/failed', 'exit code 1\nmodprobe: FATAL: Module overlay is in use.', { fix: '' })
  }
  expect(await carryOut({ kind: 'module', name: 'overlay' }, machine)).toEqual({
    kept: expect.stringContaining('(modprobe: FATAL: Module overlay is in use.)'),
  })
})

test('a missing backup is an error that names it', async () => {
  const undo = {
    kind: 'restore-file',
    path: '/etc/f',
    backup: '/b/f',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeMs: 0,
  } as const
  await expect(carryOut(undo, scene())).rejects.toMatchObject({ code: 'undo/backup-missing' })
})

test('a link that was replaced by a file stays replaced', async () => {
  const machine = scene({ files: { '/etc/resolv.conf': 'replaced' } })
  const undo: Undo = {
    kind: 'restore-link',
    path: '/etc/resolv.conf',
    target: '../run/stub',
    sha256: 'of the written file',
  }
  expect(await carryOut(undo, machine)).toEqual({ kept: expect.stringContaining('/etc/resolv.conf was changed') })
  expect(machine.files.bytes('/etc/resolv.conf')?.toString()).toBe('replaced')
})

const POD = (digit: number) => `cni-${digit}8dc8ea8-7f3c-4b0a-9d0e-1c2b3a4d5e6f`
const DATABASE = ['grep', '--text', '--only-matching', '-E']
const netns = (...names: string[]) => names.map((name) => `/run/netns/${name}`)
const PODS_OF_OLD: Undo = { kind: 'remove-network-namespaces', names: ['cni-*'], spare: [POD(0)] }
const record = (name: string, networkName = 'cbr0') =>
  JSON.stringify({ kind: 'cniCacheV1', networkName, netns: `/var/run/netns/${name}` })

test('removes network namespaces by the records of libcni and containerd; others stay, whatever their names are', async () => {
  const machine = scene({
    directories: netns(POD(0), POD(1), POD(2), POD(3), POD(4), 'vpn', 'cni-mine', 'netns-27b1'),
    files: { '/var/lib/cni/results/cbr0-a-eth0': record(POD(1)), '/var/lib/cni/results/cbr0-b-eth0': '{' },
  })
  machine.on(DATABASE, { stdout: `${POD(2)}\n${POD(0)}\n` })
  machine.on(['ip', 'netns', 'pids'], {})
  machine.on(['ip', '-json', 'link'], { stdout: '[{"ifindex":7,"master":"cni0"},{"ifindex":8,"master":"lxcbr0"}]' })
  machine.on(['ip', '-netns', POD(3)], { stdout: '[{"ifindex":2,"link_index":7}]' })
  machine.on(['ip', '-netns', POD(4)], { stdout: '[{"ifindex":2,"link_index":8}]' })
  answerIp(machine)
  const found: string[][] = []
  const recordFound = async (names: string[]) => {
    // Recorded before they are removed.
    expect(machine.files.list('/run/netns')).toContain(names[0])
    found.push(names)
  }
  const result = await carryOut(PODS_OF_OLD, machine, { known: [], record: recordFound })
  expect(machine.files.list('/run/netns')).toEqual([POD(0), POD(4), 'cni-mine', 'netns-27b1', 'vpn'])
  expect(found).toEqual([[POD(1), POD(2), POD(3)]])
  expect(result).toEqual({
    removed: [1, 2, 3].map((digit) => `network namespace ${POD(digit)}`),
    kept: `no record shows that Cantrip created these network namespaces: ${POD(4)}`,
  })
})

test('removes what an earlier try found, even if its records are gone', async () => {
  const machine = scene({ directories: netns(POD(1), POD(2)) })
  machine.on(['ip', 'netns', 'pids'], {})
  answerIp(machine)
  await carryOut(PODS_OF_OLD, machine, { known: [POD(1)], record: async () => undefined })
  expect(machine.files.list('/run/netns')).toEqual([POD(2)])
})

test('a network namespace with a process stays', async () => {
  const machine = scene({ directories: netns(POD(1), POD(2)) })
  machine.on(DATABASE, { stdout: `${POD(1)}\n${POD(2)}\n` })
  machine.on(['ip', 'netns', 'pids'], (argv) => ({ stdout: argv[3] === POD(2) ? '812\n' : '' }))
  answerIp(machine)
  expect((await carryOut(PODS_OF_OLD, machine))?.kept).toContain(`in use by other programs: ${POD(2)}`)
  expect(machine.files.list('/run/netns')).toEqual([POD(2)])
})

test('also for old records: the directory of network namespaces is removed when it is empty', async () => {
  const undos: Undo[] = [
    { kind: 'unmount-below', path: '/run/netns' },
    { kind: 'remove-tree', path: '/run/netns' },
  ]
  const mounts = (...points: string[]) => ({
    '/proc/self/mountinfo': points.map((point, i) => mountLine(i + 2, point)).join(''),
  })
  const others = scene({ directories: netns('vpn'), files: mounts('/run/netns', '/run/netns/vpn') })
  for (const undo of undos) expect((await carryOut(undo, others))?.kept).toContain('/run/netns')
  expect([others.files.list('/run/netns'), others.calls]).toEqual([['vpn'], []])

  const alone = scene({ directories: ['/run/netns'], files: mounts('/run/netns') })
  alone.on(['umount'], () => {
    alone.files.seed('/proc/self/mountinfo', '')
    return {}
  })
  for (const undo of undos) expect((await carryOut(undo, alone))?.kept).toBeUndefined()
  expect(alone.files.get('/run/netns')).toBeUndefined()
})

test.each<Undo['kind'] & ('remove-tree' | 'empty-directory')>(['remove-tree', 'empty-directory'])(
  "%s: podman's CNI state stays",
  async (kind) => {
    const machine = scene({
      files: {
        '/var/lib/cni/results/cbr0-a-eth0': record(POD(1)),
        '/var/lib/cni/results/site-b-net1': record(POD(1), 'site'),
        '/var/lib/cni/results/cbr0-half-eth0': '{"kind":',
        '/var/lib/cni/results/podman-c-eth0': record('netns-27b1', 'podman'),
        '/var/lib/cni/networks/cbr0/10.244.0.2': '',
        '/var/lib/cni/networks/site/10.1.0.2': '',
        '/var/lib/cni/networks/podman/10.88.0.2': '',
        '/var/lib/cni/flannel/a': '',
        '/var/lib/cni/cache/results/cbr0-d-eth0': record(POD(1)),
      },
    })
    expect((await carryOut({ kind, path: '/var/lib/cni' }, machine))?.kept).toContain('of another container engine')
    const left = Object.keys(machine.files.snapshot()).filter((path) => path.startsWith('/var/lib/cni/'))
    expect(left.filter((path) => machine.files.stat(path)?.kind === 'file')).toEqual([
      '/var/lib/cni/networks/podman/10.88.0.2',
      '/var/lib/cni/results/podman-c-eth0',
    ])
    machine.files.deleteTree('/var/lib/cni/networks', false)
    machine.files.deleteTree('/var/lib/cni/results', false)
    await carryOut({ kind, path: '/var/lib/cni' }, machine)
    expect(machine.files.get('/var/lib/cni') !== undefined).toBe(kind === 'empty-directory')
  },
)

test('removes nftables tables by name, and does not run nft if the module is not loaded', async () => {
  const undo: Undo = { kind: 'remove-nft-tables', names: ['kube-proxy'] }
  const without = scene({ files: { '/proc/modules': 'overlay 1 0 - Live 0x0\n' } })
  await carryOut(undo, without)
  expect(without.calls).toEqual([])
  const machine = scene({ files: { '/proc/modules': 'nf_tables 1 0 - Live 0x0\n' } })
  machine.on(['nft', 'list'], {
    stdout:
      'table ip kube-proxy\ntable inet mine\ntable ip6 kube-proxy\ntable inet kube-proxy\ntable ip flannel-ipv4\n',
  })
  let script = ''
  machine.on(['nft', '-f'], (_, { stdin = '' }) => {
    script = stdin
    return {}
  })
  await carryOut(
    { kind: 'remove-nft-tables', names: ['kube-proxy', 'flannel-ipv4'], spare: ['ip flannel-ipv4'] },
    machine,
  )
  expect(script).toBe('delete table ip kube-proxy\ndelete table ip6 kube-proxy\n')
})

test('a unit is restored, and a failed one is reset', async () => {
  const machine = scene({ units: { 'kubelet.service': { enabled: true, active: true } } })
  await carryOut({ kind: 'unit', unit: 'kubelet.service', before: { enabled: false, active: false } }, machine)
  expect(machine.units.get('kubelet.service')).toEqual({ enabled: false, active: false })
  expect(machine.calls).toContainEqual(['systemctl', 'reset-failed', '--', 'kubelet.service'])
})

const ZONE = '<?xml version="1.0"?>\n<zone>\n  <service name="ssh"/>\n  <forward/>\n</zone>\n'
const CLOSE = ['--zone=public', '--remove-port=6443/tcp', '--remove-interface=cni0']
const DEFAULTS = '--load-zone-defaults=public'
const WITH_MORE = ZONE.replace('<forward/>', '<port port="80" protocol="tcp"/><forward/>')

test.each([
  ['closes what is open', true, false, ZONE, [['firewall-cmd', ...CLOSE]]],
  ['that was stopped has no runtime configuration', false, false, ZONE, []],
  [
    'has the shipped zone',
    ...[true, true, '<zone><forward /><service name="ssh"/></zone>'],
    [
      ['firewall-cmd', '--permanent', ...CLOSE],
      ['firewall-cmd', '--permanent', DEFAULTS],
    ],
  ],
  ['keeps the additions of a person', true, true, WITH_MORE, [['firewall-cmd', '--permanent', ...CLOSE]]],
  [
    'that was stopped is changed offline',
    ...[false, true, ZONE],
    [
      ['firewall-offline-cmd', ...CLOSE],
      ['firewall-offline-cmd', DEFAULTS],
    ],
  ],
] as [string, boolean, boolean, string, string[][]][])('a firewalld %s', async (_, active, permanent, own, calls) => {
  const machine = scene({
    files: {
      '/usr/bin/firewall-cmd': '',
      '/usr/lib/firewalld/zones/public.xml': ZONE,
      '/etc/firewalld/zones/public.xml': own,
    },
    units: { 'firewalld.service': { enabled: true, active } },
  })
  machine.on(() => true, {})
  await carryOut({ kind: 'firewalld', zone: 'public', ports: ['6443/tcp'], interfaces: ['cni0'], permanent }, machine)
  expect(machine.calls).toEqual(calls)
})

test('removes an added line from a file that its owner has rewritten, and keeps all other lines', async () => {
  const machine = scene({
    files: { '/etc/resolv.conf': 'search a.example\n nameserver 10.0.0.5\nnameserver 192.0.2.99\n' },
  })
  const undo = { kind: 'remove-line', path: '/etc/resolv.conf', line: 'nameserver 10.0.0.5' } as const
  for (let again = 0; again < 2; again++) {
    expect(await carryOut(undo, machine)).toBeUndefined()
    expect((await machine.read('/etc/resolv.conf')) ?? '').toBe('search a.example\nnameserver 192.0.2.99\n')
  }
})
