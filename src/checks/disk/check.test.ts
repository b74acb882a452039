import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { KUBELET_INSTALLED, ledgerText } from '../../../test/support/fixtures/ledger.ts'
import type { DiskSpace, HostView } from '../../host/host.ts'
import { check } from './check.ts'

const GIB = 2 ** 30
const ROOT = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n'
const ETCD = '30 22 8:17 / /var/lib/etcd rw,noatime shared:2 - xfs /dev/sdb1 rw,attr2\n'
const params = { roles: ['master' as const], ownStateDirectory: '/var/lib/cantrip' }

function machine(mountinfo: string, freeGib: Record<string, number>, more: Record<string, string> = {}): HostView {
  const host = fakeHost({
    files: { '/proc/self/mountinfo': mountinfo, ...more },
    directories: ['/var/lib/etcd', '/var/log'],
  })
  const diskSpace = async (path: string): Promise<DiskSpace> => {
    const free = freeGib[path] ?? freeGib['/'] ?? 0
    return { totalBytes: 100 * GIB, freeBytes: free * GIB, totalInodes: 1e6, freeInodes: 1e6 }
  }
  return { ...host, diskSpace }
}

test('one disk needs the sum of all paths', async () => {
  expect(await check.look(machine(ROOT, { '/': 40 }), params)).toEqual({ kind: 'pass', found: '40.0 GiB free on /' })
  expect(await check.look(machine(ROOT, { '/': 4 }), params)).toMatchObject({
    kind: 'fail',
    found: '4.0 GiB free on /',
    wanted: expect.stringMatching(
      /^7\.6 GiB on \/ \(for .*\/var\/lib\/containerd, .*\/var\/lib\/etcd.*\/var\/lib\/cantrip\)$/,
    ),
    fix: expect.stringContaining('du -xh -d2 /'),
  })
})

test('a disk of its own has a need of its own', async () => {
  const verdict = await check.look(machine(ROOT + ETCD, { '/': 40, '/var/lib/etcd': 1 }), params)
  expect(verdict).toMatchObject({
    kind: 'fail',
    found: '1.0 GiB free on /var/lib/etcd',
    wanted: '2.0 GiB on /var/lib/etcd (for /var/lib/etcd)',
  })
})

test('a worker does not need room for etcd', async () => {
  const host = machine(ROOT + ETCD, { '/': 6, '/var/lib/etcd': 0 })
  expect(await check.look(host, { ...params, roles: ['worker'] })).toMatchObject({ kind: 'pass' })
})

test('a link to a smaller disk counts', async () => {
  const host = machine(ROOT, { '/': 40, '/var/lib/containerd': 1 })
  expect(await check.look(host, params)).toMatchObject({ kind: 'fail', found: '1.0 GiB free on /' })
})

test('where our own Kubernetes lies already, a tenth will do', async () => {
  const ledger = { '/var/lib/cantrip/ledger/ledger.log': ledgerText(...KUBELET_INSTALLED) }
  expect(await check.look(machine(ROOT, { '/': 1 }, ledger), params)).toMatchObject({ kind: 'pass' })
  expect(await check.look(machine(ROOT, { '/': 0.5 }, ledger), params)).toMatchObject({ kind: 'fail' })
})
