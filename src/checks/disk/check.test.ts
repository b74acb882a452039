import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { KUBELET_INSTALLED, ledgerText } from '../../../test/support/fixtures/ledger.ts'
import type { DiskSpace, HostView } from '../../host/host.ts'
import { mountOf, parseMountinfo } from '../../host/parse/mountinfo.ts'
import { check } from './check.ts'

const GIB = 2 ** 30
const ROOT = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n'
const ETCD = '30 22 8:17 / /var/lib/etcd rw,noatime shared:2 - xfs /dev/sdb1 rw,attr2\n'
const params = { roles: ['master' as const], ownStateDirectory: '/var/lib/cantrip' }

/** @param totalGib size of each disk; by default all of it is free */
function machine(
  mountinfo: string,
  freeGib: Record<string, number>,
  more: Record<string, string> = {},
  { links = {}, totalGib }: { links?: Record<string, string>; totalGib?: number } = {},
): HostView {
  const host = fakeHost({
    files: { '/proc/self/mountinfo': mountinfo, ...more },
    links,
    directories: ['/var/lib/etcd', '/var/log'],
  })
  const diskSpace = async (path: string): Promise<DiskSpace> => {
    const mount = mountOf(path, parseMountinfo(mountinfo))?.mountPoint ?? '/'
    const free = freeGib[mount] ?? freeGib['/'] ?? 0
    return { totalBytes: (totalGib ?? free) * GIB, freeBytes: free * GIB, totalInodes: 1e6, freeInodes: 1e6 }
  }
  return { ...host, diskSpace }
}

test('one disk needs the sum of all paths', async () => {
  expect(await check.look(machine(ROOT, { '/': 40 }), params)).toEqual({ kind: 'pass', found: '40.0 GiB free on /' })
  expect(await check.look(machine(ROOT, { '/': 4 }), params)).toMatchObject({
    kind: 'fail',
    found: '4.0 GiB free on /',
    wanted: expect.stringMatching(
      /^7\.6 GiB on \/ \(for .*\/var\/lib\/cantrip-containerd, .*\/var\/lib\/etcd.*\/var\/lib\/cantrip\)$/,
    ),
    fix: expect.stringContaining('du -xh -d2 /'),
  })
})

test('a separate disk has its own need', async () => {
  const verdict = await check.look(machine(ROOT + ETCD, { '/': 40, '/var/lib/etcd': 1 }), params)
  expect(verdict).toMatchObject({
    kind: 'fail',
    found: '1.0 GiB free on /var/lib/etcd',
    wanted: '2.0 GiB on /var/lib/etcd (for /var/lib/etcd)',
  })
})

test('a worker does not need room for etcd', async () => {
  const host = machine(ROOT + ETCD, { '/': 8, '/var/lib/etcd': 0 })
  expect(await check.look(host, { ...params, roles: ['worker'] })).toMatchObject({ kind: 'pass' })
})

const DATA = '40 22 8:33 / /mnt/data rw,noatime shared:3 - ext4 /dev/sdc1 rw\n'
const CONTAINERD = '/var/lib/cantrip-containerd'
const LINKS = { [CONTAINERD]: '/mnt/data/containerd', '/var/lib/kubelet': '/mnt/data/kubelet' }

test('a link to a smaller disk counts, and the finding names that disk', async () => {
  const host = machine(ROOT + DATA, { '/': 40, '/mnt/data': 1 }, {}, { links: LINKS })
  expect(await check.look(host, params)).toMatchObject({
    kind: 'fail',
    found: '1.0 GiB free on /mnt/data',
    wanted: `3.5 GiB on /mnt/data (for ${CONTAINERD}, /var/lib/kubelet)`,
  })
})

test.each([
  ['to a disk with enough space, whether or not their targets exist', LINKS],
  ['from a parent directory', { '/var/lib': '/mnt/data/lib' }],
])('links %s do not fail: paths on / need no space there', async (_, links) => {
  const host = machine(ROOT + DATA, { '/': 5, '/mnt/data': 12 }, {}, { links })
  expect(await check.look(host, params)).toEqual({
    kind: 'pass',
    found: '5.0 GiB free on /, 12.0 GiB free on /mnt/data',
  })
})

test('two mounts of one file system need the sum', async () => {
  const binds = [CONTAINERD, '/var/lib/kubelet'].map((path) => DATA.replace('/mnt/data', path)).join('')
  const free = { '/': 40, [CONTAINERD]: 3.3, '/var/lib/kubelet': 3.3 }
  expect(await check.look(machine(ROOT + binds, free), params)).toMatchObject({
    kind: 'fail',
    found: `3.3 GiB free on ${CONTAINERD}`,
    wanted: expect.stringContaining('3.5 GiB'),
  })
})

test.each<[string, number, number, string]>([
  [
    'a large disk that is nearly full',
    120,
    1024,
    '120.0 GiB of 1024.0 GiB free on /, where the kubelet evicts pods below 15%',
  ],
  [
    'a disk that the installation itself fills',
    10,
    40,
    '10.0 GiB of 40.0 GiB free on /, where the kubelet evicts pods below 15%',
  ],
])(
  '%s: the kubelet would evict pods, unless the cluster overrides its thresholds',
  async (_, free, totalGib, found) => {
    const verdict = await check.look(machine(ROOT, { '/': free }, {}, { totalGib }), params)
    expect(verdict).toMatchObject({ kind: 'warn', found: expect.stringContaining(found) })
    expect(verdict).toMatchObject({ fix: expect.stringContaining('--override kubelet=FILE') })
  },
)

test('a disk with space for the installation and above the thresholds of the kubelet', async () => {
  expect(await check.look(machine(ROOT, { '/': 14 }, {}, { totalGib: 40 }), params)).toMatchObject({ kind: 'pass' })
})

test.each<[string, string, 'pass' | 'warn']>([
  ['lower ones', 'evictionHard: {imagefs.available: 5%, "nodefs.available": 1Gi}', 'pass'],
  [
    'a lower one beside the defaults',
    'evictionHard: {nodefs.available: 5%}\nmergeDefaultEvictionSettings: true',
    'warn',
  ],
  ['none', 'kind: KubeletConfiguration', 'warn'],
  ['a file that it could not read either', '{', 'warn'],
])('the installed kubelet with its own thresholds: %s', async (_, configuration, kind) => {
  const files = {
    '/var/lib/cantrip/ledger/ledger.log': ledgerText(...KUBELET_INSTALLED),
    '/var/lib/kubelet/config.yaml': configuration,
  }
  const host = machine(ROOT, { '/': 12 }, files, { totalGib: 100 })
  expect(await check.look(host, params)).toMatchObject({ kind })
  // Another Kubernetes may have left the file.
  const foreign = { '/var/lib/kubelet/config.yaml': configuration }
  const before = machine(ROOT, { '/': 12 }, foreign, { totalGib: 100 })
  expect(await check.look(before, params)).toMatchObject({ kind: 'warn' })
})

test('with Kubernetes of this installation a tenth is enough', async () => {
  const ledger = { '/var/lib/cantrip/ledger/ledger.log': ledgerText(...KUBELET_INSTALLED) }
  expect(await check.look(machine(ROOT, { '/': 1 }, ledger), params)).toMatchObject({ kind: 'pass' })
  expect(await check.look(machine(ROOT, { '/': 0.5 }, ledger), params)).toMatchObject({ kind: 'fail' })
})
