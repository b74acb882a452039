import { expect, test } from 'vitest'
import { type FakeHostOptions, fakeHost } from '../../../test/support/fake-host.ts'
import { READ_ONLY_USR } from '../../base/layout.ts'
import type { CheckParams } from '../../engine/checks/check.ts'
import { check } from './check.ts'

const ROOT = '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n'
const at = (mountPoint: string, fileSystem: string, options = 'rw,relatime', superOptions = 'rw') =>
  `40 22 8:20 / ${mountPoint} ${options} shared:9 - ${fileSystem} /dev/sdb1 ${superOptions}\n`

function look(mountinfo: string, more: FakeHostOptions = {}, roles: CheckParams['roles'] = ['master']) {
  const host = fakeHost({ ...more, files: { '/proc/self/mountinfo': mountinfo, ...more.files } })
  return check.look(host, { roles, ownStateDirectory: '/var/lib/cantrip' })
}

test.each<[string, string, FakeHostOptions]>([
  ['one disk', ROOT, {}],
  ['a separate disk for containers', ROOT + at('/var/lib/cantrip-containerd', 'xfs'), {}],
  ['btrfs', at('/', 'btrfs', 'rw', 'rw,space_cache=v2,subvolid=256,subvol=/@'), {}],
  [
    'hardened /tmp and /var/log',
    ROOT + at('/tmp', 'tmpfs', 'rw,nosuid,nodev,noexec') + at('/var/log', 'ext4', 'rw,noexec'),
    {},
  ],
  ['a read-only cdrom', ROOT + at('/media/cdrom', 'iso9660', 'ro'), {}],
  [
    'Fedora CoreOS: /usr is read-only, /usr/local a link',
    ROOT + at('/usr', 'xfs', 'ro') + at('/var', 'xfs'),
    { links: { '/usr/local': '../var/usrlocal' } },
  ],
  ['Flatcar, with programs below /opt', ROOT + at('/usr', 'btrfs', 'ro,relatime'), { layout: READ_ONLY_USR }],
  ['/run in memory', ROOT + at('/run', 'tmpfs', 'rw,nosuid,nodev'), {}],
])('%s', async (_, mountinfo, more) => {
  expect(await look(mountinfo, more)).toMatchObject({ kind: 'pass' })
})

test.each<[string, string, string, string, string]>([
  [
    'Flatcar, with programs in the standard places',
    ROOT + at('/usr', 'btrfs', 'ro,relatime'),
    'fail',
    '/usr/local/bin is read-only (btrfs on /usr)',
    'mount --bind /var/local /usr/local',
  ],
  [
    'a disk that became read-only',
    at('/', 'ext4', 'rw', 'ro'),
    'fail',
    '/var/lib/cantrip-containerd is read-only (ext4 on /)',
    'mount -o remount,rw /',
  ],
  [
    'noexec on a directory of programs',
    ROOT + at('/usr/local', 'ext4', 'rw,noexec'),
    'fail',
    '/usr/local/bin is on a file system mounted noexec (/usr/local)',
    'mount -o remount,exec /usr/local',
  ],
  [
    'noexec on /var',
    ROOT + at('/var', 'ext4', 'rw,noexec'),
    'warn',
    '/var/lib/cantrip-containerd is on a file system mounted noexec',
    'remount,exec /var',
  ],
  [
    'a container',
    '22 1 0:40 / / rw shared:1 - overlay overlay rw,lowerdir=/l\n',
    'fail',
    '/var/lib/cantrip-containerd is on overlay',
    'ext4 or XFS',
  ],
  [
    'etcd on a share',
    ROOT + at('/var/lib/etcd', 'nfs'),
    'fail',
    '/var/lib/etcd is on nfs, which does not guarantee durable writes',
    'a separate disk',
  ],
  ['etcd on Ceph', ROOT + at('/var/lib/etcd', 'ceph'), 'fail', '/var/lib/etcd is on ceph', 'a separate disk'],
  ['etcd on GlusterFS', ROOT + at('/var/lib/etcd', 'fuse.glusterfs'), 'fail', 'on fuse.glusterfs', 'a separate disk'],
  [
    'etcd on an overlay',
    ROOT + at('/var/lib/etcd', 'overlay'),
    'warn',
    '/var/lib/etcd is on overlay',
    'a separate disk',
  ],
  [
    'the kubelet on a USB stick',
    ROOT + at('/var/lib/kubelet', 'exfat'),
    'fail',
    'which does not support owners, modes and sockets',
    'a separate disk',
  ],
  [
    'the kubelet on a share',
    ROOT + at('/var/lib/kubelet', 'nfs4'),
    'warn',
    '/var/lib/kubelet is on nfs4',
    'a separate disk',
  ],
  [
    'containers on Ceph',
    ROOT + at('/var/lib/cantrip-containerd', 'ceph'),
    'fail',
    'does not support image layers',
    'ext4 or XFS',
  ],
  [
    'containers on the host of a VM',
    at('/', 'virtiofs'),
    'fail',
    '/var/lib/cantrip-containerd is on virtiofs',
    'ext4 or XFS',
  ],
  [
    'an encrypted directory',
    ROOT + at('/var/lib/cantrip-containerd', 'ecryptfs'),
    'fail',
    'is on ecryptfs',
    'ext4 or XFS',
  ],
  ['ZFS of unknown version', at('/', 'zfs'), 'warn', '/var/lib/cantrip-containerd is on zfs', 'upgrade OpenZFS to 2.2'],
  ['a share', ROOT + at('/var/lib', 'nfs4'), 'fail', '/var/lib/cantrip-containerd is on nfs4', 'ext4 or XFS'],
  [
    'state in memory',
    ROOT + at('/var/lib/kubelet', 'tmpfs'),
    'warn',
    '/var/lib/kubelet is in memory',
    'a separate disk',
  ],
  ['a private root', ROOT.replace(' shared:1', ''), 'warn', 'the mount of / is private', 'mount --make-rshared /'],
])('%s: %s', async (_, mountinfo, kind, found, fix) => {
  expect(await look(mountinfo)).toMatchObject({
    kind,
    found: expect.stringContaining(found),
    fix: expect.stringContaining(fix),
  })
})

test('symbolic links and paths that are not directories', async () => {
  const links = { '/var/lib/kubelet': '/data/kubelet' }
  expect(await look(ROOT, { links, directories: ['/data/kubelet'] })).toMatchObject({
    kind: 'warn',
    found: '/var/lib/kubelet is a link to /data/kubelet',
    fix: expect.stringContaining('/data/kubelet /var/lib/kubelet none bind'),
  })
  expect(await look(ROOT, { links: { '/var/lib/etcd': 'etcd' } })).toMatchObject({
    kind: 'fail',
    found: '/var/lib/etcd is a symbolic link to itself',
  })
  expect(await look(ROOT, { files: { '/opt/cni/bin': '' } })).toMatchObject({
    kind: 'fail',
    found: '/opt/cni/bin is a file',
  })
})

test('only a master needs the directory of etcd', async () => {
  const mounts = ROOT + at('/var/lib/etcd', 'ext4', 'ro')
  expect(await look(mounts, {}, ['worker'])).toMatchObject({ kind: 'pass' })
  expect(await look(mounts)).toMatchObject({ kind: 'fail' })
})

test.each([
  [0, 0, 'pass'],
  [6_000_000, 60_000, 'pass'],
  [6_000_000, 20_000, 'warn'],
  [6_000_000, 3_000, 'fail'],
])('%i inodes, %i free: %s', async (totalInodes, freeInodes, kind) => {
  const host = fakeHost({ files: { '/proc/self/mountinfo': ROOT } })
  host.setDisk({ totalInodes, freeInodes })
  const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
  expect(await check.look(host, params)).toMatchObject({ kind })
})

test('XFS without file types fails', async () => {
  const xfs = (ftype: number) => ({
    commands: {
      'xfs_info /': {
        stdout: `meta-data=/dev/sda2 isize=512\nnaming   =version 2 bsize=4096 ascii-ci=0, ftype=${ftype}\n`,
      },
    },
  })
  const root = at('/', 'xfs')
  expect(await look(root, xfs(1))).toMatchObject({ kind: 'pass' })
  expect(await look(root)).toMatchObject({ kind: 'pass' })
  expect(await look(root, xfs(0))).toMatchObject({
    kind: 'fail',
    found: '/var/lib/cantrip-containerd is on an XFS without file types (ftype=0 on /)',
  })
})

test.each([
  ['0.8.3-1ubuntu12', 'fail'],
  ['2.1.5-1ubuntu6~22.04.1', 'fail'],
  ['2.2.0-rc3', 'pass'],
  ['2.2.2-0ubuntu9', 'pass'],
  ['2.10.1', 'pass'],
  ['3.0.0', 'pass'],
])('ZFS %s: %s', async (version, kind) => {
  const zfs = { files: { '/sys/module/zfs/version': `${version}\n` } }
  expect(await look(at('/', 'zfs'), zfs)).toMatchObject({ kind })
  // The rest of the machine can be on ZFS.
  expect(await look(at('/', 'zfs') + at('/var/lib/cantrip-containerd', 'ext4'), zfs)).toMatchObject({ kind: 'pass' })
})
