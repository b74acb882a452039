import { expect, test } from 'vitest'
import { fakeHost } from '../../test/support/fake-host.ts'
import { fakeMachine } from '../../test/support/fake-machine.ts'
import { carryOut } from '../ledger/undo/carry-out.ts'
import type { Change } from './change.ts'
import { recordingHost } from './recording.ts'

const undos = (host: ReturnType<typeof fakeHost>) => host.changes.map((change) => change.undo)

test('a new file is recorded with its checksum and its new parents, and only once', async () => {
  const host = fakeHost()
  await host.write('/etc/a/b.conf', 'x', 0o600)
  await host.write('/etc/a/b.conf', 'x', 0o600)
  const sha256 = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'
  expect(undos(host)).toEqual([
    { kind: 'remove-path', path: '/etc/a' },
    { kind: 'remove-path', path: '/etc/a/b.conf', sha256 },
  ])
  expect(await host.stat('/etc/a/b.conf')).toMatchObject({ mode: 0o600, uid: 0 })
})

test('an overwritten file is backed up with its attributes', async () => {
  const host = fakeHost()
  host.files.seed('/etc/f', 'before', { mode: 0o640, gid: 7, mtimeMs: 5 })
  await host.write('/etc/f', 'after')
  expect(undos(host)).toMatchObject([{ kind: 'restore-file', path: '/etc/f', mode: 0o640, gid: 7, mtimeMs: 5 }])
  const [undo] = undos(host)
  expect(undo?.kind === 'restore-file' && host.text(undo.backup)).toBe('before')
})

test('a link is restored as a link, and its target is not written', async () => {
  const host = fakeHost({ links: { '/etc/resolv.conf': '../run/stub' }, files: { '/run/stub': 'stub' } })
  await host.write('/etc/resolv.conf', 'new')
  expect(undos(host)).toEqual([
    { kind: 'restore-link', path: '/etc/resolv.conf', target: '../run/stub', sha256: expect.any(String) },
  ])
  expect(host.text('/run/stub')).toBe('stub')
})

test('undoing a unit file reloads systemd', async () => {
  const host = fakeHost()
  await host.write('/etc/systemd/system/x.service', '')
  expect(undos(host).map((undo) => undo.kind)).toContain('daemon-reload')
  expect(undos(host).at(-1)?.kind).toBe('remove-path')
})

test('units, sysctls and modules in the desired state leave no record', async () => {
  const host = fakeHost({
    units: { 'a.service': { enabled: true, active: true } },
    sysctls: { 'net.ipv4.ip_forward': '1' },
    modules: ['br_netfilter'],
  })
  await host.setUnit('a.service', { enabled: true, active: true })
  await host.setSysctl('net.ipv4.ip_forward', '1')
  await host.loadModule('br_netfilter')
  expect(host.changes).toEqual([])
  await host.setUnit('a.service', { active: false })
  await host.setSysctl('net.ipv4.ip_forward', '0')
  await host.loadModule('overlay')
  expect(undos(host)).toEqual([
    { kind: 'unit', unit: 'a.service', before: { active: true } },
    { kind: 'sysctl', key: 'net.ipv4.ip_forward', before: '1', written: '0' },
    { kind: 'module', name: 'overlay' },
  ])
})

test('what existed before is not recorded for removal', async () => {
  const host = fakeHost({ files: { '/var/lib/kubelet/x': '' }, directories: ['/var/lib/empty'] })
  await host.expect({ kind: 'remove-tree', path: '/var/lib/kubelet' })
  await host.expect({ kind: 'remove-tree', path: '/var/lib/empty' })
  await host.expect({ kind: 'remove-tree', path: '/var/lib/new' })
  expect(undos(host)).toEqual([
    { kind: 'restore-mode', path: '/var/lib/kubelet', mode: 0o755 },
    { kind: 'restore-mode', path: '/var/lib/empty', mode: 0o755 },
    { kind: 'empty-directory', path: '/var/lib/empty' },
    { kind: 'remove-tree', path: '/var/lib/new' },
  ])
})

test('the mode of an existing directory is restored after a daemon changed it', async () => {
  const host = fakeHost({ files: { '/opt/containerd/bin/x': '' } })
  await host.expect({ kind: 'remove-tree', path: '/opt/containerd', all: true })
  host.files.setAttributes('/opt/containerd', { mode: 0o711 })
  await host.expect({ kind: 'remove-tree', path: '/opt/containerd', all: true })
  for (const undo of undos(host).toReversed()) await carryOut(undo, host.machine)
  expect(await host.stat('/opt/containerd')).toMatchObject({ mode: 0o755 })
})

test('interfaces, namespaces and mounts that existed before are kept', async () => {
  const host = fakeHost({
    directories: ['lxcbr0', 'lxc0123456789ab', 'eth0'].map((name) => `/sys/class/net/${name}`),
    files: {
      '/run/netns/cni-08dc8ea8-7f3c-4b0a-9d0e-1c2b3a4d5e6f': '',
      '/run/netns/cni-mine': '',
      '/proc/self/mountinfo': '30 1 0:30 / /run/containerd/moby/rootfs rw - overlay overlay rw\n',
    },
  })
  await host.expect({ kind: 'remove-links', names: ['lxc*', 'cni0'] })
  await host.expect({ kind: 'remove-network-namespaces', names: ['cni-*'] })
  await host.expect({ kind: 'unmount-below', path: '/run/containerd' })
  await host.expect({ kind: 'unmount-below', path: '/var/lib/kubelet' })
  expect(undos(host)).toEqual([
    { kind: 'remove-links', names: ['lxc*', 'cni0'], spare: ['lxc0123456789ab'] },
    { kind: 'remove-network-namespaces', names: ['cni-*'], spare: ['cni-08dc8ea8-7f3c-4b0a-9d0e-1c2b3a4d5e6f'] },
    { kind: 'unmount-below', path: '/run/containerd', spare: ['/run/containerd/moby/rootfs'] },
    { kind: 'unmount-below', path: '/var/lib/kubelet' },
  ])
})

test('a data directory that is a link to another disk: its contents are removed, the link and its directory stay', async () => {
  const host = fakeHost({
    directories: ['/mnt/data/kubelet', '/mnt/data/containerd'],
    links: { '/var/lib/kubelet': '/mnt/data/kubelet', '/var/lib/runtime': '../../mnt/data/containerd' },
  })
  await host.makeDirectory('/var/lib/runtime', 0o711)
  await host.expect({ kind: 'remove-tree', path: '/var/lib/kubelet' })
  await host.expect({ kind: 'remove-tree', path: '/var/lib/kubelet/pods', all: true })
  await host.expect({ kind: 'unmount-below', path: '/var/lib/kubelet/pods' })
  expect(await host.stat('/mnt/data/containerd')).toMatchObject({ mode: 0o711 })
  host.files.seed('/mnt/data/kubelet/pods/x/volume', '')
  host.files.seed('/mnt/data/containerd/content', '')
  expect(undos(host)).toContainEqual({ kind: 'unmount-below', path: '/mnt/data/kubelet/pods' })
  for (const undo of undos(host).toReversed()) await carryOut(undo, host.machine)
  expect([await host.list('/mnt/data/kubelet'), await host.list('/mnt/data/containerd')]).toEqual([[], []])
  expect(await host.stat('/mnt/data/containerd')).toMatchObject({ mode: 0o755 })
  expect(await host.readLink('/var/lib/kubelet')).toBe('/mnt/data/kubelet')
})

test('paths that container engines share are recorded by the name that undo recognizes', async () => {
  const host = fakeHost({ directories: ['/mnt/data/cni'], links: { '/var/lib/cni': '/mnt/data/cni' } })
  await host.expect({ kind: 'remove-tree', path: '/var/lib/cni' })
  expect(undos(host).at(-1)).toMatchObject({ path: '/var/lib/cni' })
})

test('a link to a directory that does not exist yet', async () => {
  const host = fakeHost({ directories: ['/mnt/data'], links: { '/var/lib/etcd': '/mnt/data/etcd' } })
  await host.makeDirectory('/var/lib/etcd', 0o700)
  expect(await host.stat('/mnt/data/etcd')).toMatchObject({ kind: 'directory', mode: 0o700 })
  for (const undo of undos(host).toReversed()) await carryOut(undo, host.machine)
  expect(await host.list('/mnt/data')).toEqual([])
  expect(await host.readLink('/var/lib/etcd')).toBe('/mnt/data/etcd')
})

test('parameters that the kernel sets with forwarding are restored after it', async () => {
  const sysctls = {
    'net.ipv4.ip_forward': '0',
    'net.ipv4.conf.all.accept_redirects': '0',
    'net.ipv4.conf.all.forwarding': '0',
    'net.ipv4.conf.docker0.forwarding': '1',
  }
  const host = fakeHost({ sysctls: { ...sysctls, 'net.ipv6.conf.all.forwarding': '0' } })
  await host.setSysctl('net.ipv4.ip_forward', '1')
  expect(undos(host).toReversed()).toEqual([
    { kind: 'sysctl', key: 'net.ipv4.ip_forward', before: '0', written: '1' },
    { kind: 'sysctl', key: 'net.ipv4.conf.all.forwarding', before: '0' },
    { kind: 'sysctl', key: 'net.ipv4.conf.docker0.forwarding', before: '1' },
    { kind: 'sysctl', key: 'net.ipv4.conf.all.accept_redirects', before: '0' },
  ])
})

test('the record comes before the change', async () => {
  const host = fakeHost()
  host.on(['kubeadm', 'init'], () => {
    expect(host.changes).toHaveLength(1)
    return {}
  })
  await host.run(['kubeadm', 'init'], { kind: 'nothing', because: 'the trees say it' })
  expect(host.changes).toMatchObject([{ kind: 'command', what: 'kubeadm init' }])
})

test('the record has the former mode of a directory; a file in its place is an error', async () => {
  const host = fakeHost({ files: { '/etc/cantrip/x': '' } })
  await host.makeDirectory('/etc/cantrip', 0o700)
  expect(undos(host)).toEqual([{ kind: 'restore-mode', path: '/etc/cantrip', mode: 0o755, written: 0o700 }])
  await expect(host.write('/etc/cantrip', '')).rejects.toMatchObject({ code: 'file/in-the-way' })
})

test('a directory that a parallel step creates is not an error', async () => {
  const host = fakeHost()
  const list = host.machine.list
  host.machine.list = async (path) => {
    const names = await list(path)
    if (names === undefined) host.files.seedDirectory(path, { mode: 0o700 })
    return names
  }
  await host.makeDirectory('/run/shared', 0o700)
  expect(undos(host)).toEqual([])
  expect((await host.stat('/run/shared'))?.kind).toBe('directory')
})

test('a file that Cantrip replaces by another version keeps its first undo, and has no copy', async () => {
  const own = '/usr/local/bin/kubelet'
  const machine = fakeMachine()
  machine.files.seed('/bundle/one', 'one')
  machine.files.seed('/bundle/two', 'two')
  machine.files.seed('/bundle/three', 'three')
  const changes: Change[] = []
  const host = recordingHost({
    machine,
    record: async (change) => void changes.push(change),
    backupDirectory: '/backups',
    hasUndo: (path) => changes.some(({ undo }) => undo.kind === 'remove-path' && undo.path === path),
  })
  await host.replace('/bundle/one', own, 0o755)
  await host.replace('/bundle/two', own, 0o755)
  expect(machine.files.bytes(own)?.toString()).toBe('two')
  const undos = changes.filter(({ what }) => what === own).map(({ undo }) => undo.kind)
  expect(undos).toEqual(['remove-path', 'nothing'])
  expect(await machine.list('/backups')).toBeUndefined()
})

test('a file of somebody else that is replaced has a copy', async () => {
  const machine = fakeMachine()
  machine.files.seed('/usr/local/bin/kubelet', 'of the owner')
  machine.files.seed('/bundle/one', 'one')
  const changes: Change[] = []
  const record = async (change: Change) => void changes.push(change)
  const host = recordingHost({ machine, record, backupDirectory: '/backups', hasUndo: () => false })
  await host.replace('/bundle/one', '/usr/local/bin/kubelet', 0o755)
  expect(changes.map(({ undo }) => undo.kind)).toContain('restore-file')
})
