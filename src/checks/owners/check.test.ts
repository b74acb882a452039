import { expect, test } from 'vitest'
import { type FakeHost, fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'

const GROUP = 'root:x:0:\nstaff:x:50:\n'
const BOB = { uid: 1000, gid: 1000 }

async function look(set: (files: FakeHost['files']) => void, group = GROUP) {
  const passwd = 'root:x:0:0::/root:/bin/bash\nbob:x:1000:1000::/home/bob:/bin/bash\n'
  const host = fakeHost({ files: { '/etc/passwd': passwd, '/etc/group': group } })
  set(host.files)
  return check.look(host, { roles: [], ownStateDirectory: '/var/lib/cantrip' })
}

test.each<[string, (files: FakeHost['files']) => void]>([
  ['the default owners', () => undefined],
  [
    "Debian's /usr/local, whose group has no members",
    (files) => files.setAttributes('/usr/local/bin', { gid: 50, mode: 0o2775 }),
  ],
  [
    'a link of root to another disk',
    (files) => {
      files.seedDirectory('/mnt/data/containerd', { mode: 0o711 })
      files.seedLink('/var/lib/cantrip-containerd', '/mnt/data/containerd')
    },
  ],
  ['another directory of a user', (files) => files.seedDirectory('/opt/app', BOB)],
  ['a sticky directory', (files) => files.seedDirectory('/opt', { mode: 0o1777 })],
])('%s: passes', async (_, set) => {
  expect(await look(set)).toMatchObject({ kind: 'pass' })
})

test.each<[string, string, string, (files: FakeHost['files']) => void, string?]>([
  [
    '/usr/local was given to a user',
    'directory /usr/local belongs to user 1000',
    'chown root:root /usr/local && chmod go-w /usr/local',
    (files) => files.setAttributes('/usr/local', BOB),
  ],
  [
    'data of an earlier etcd user',
    'directory /var/lib/etcd belongs to user 1000',
    'chown root:root /var/lib/etcd && chmod go-w /var/lib/etcd',
    (files) => files.seedDirectory('/var/lib/etcd', BOB),
  ],
  [
    'keys of etcd that a user can replace',
    'directory /etc/etcd belongs to user 1000',
    'chown root:root /etc/etcd && chmod go-w /etc/etcd',
    (files) => files.seedDirectory('/etc/etcd', BOB),
  ],
  [
    'everybody can write /opt',
    'directory /opt is writable by others (mode 0777)',
    'chown root:root /opt && chmod go-w /opt',
    (files) => files.seedDirectory('/opt/cni/bin') ?? files.setAttributes('/opt', { mode: 0o777 }),
  ],
  [
    'a group with members can write /usr/local/bin',
    'directory /usr/local/bin is writable by others (mode 0775)',
    'chmod go-w /usr/local/bin',
    (files) => files.setAttributes('/usr/local/bin', { gid: 50, mode: 0o775 }),
    GROUP.replace('staff:x:50:', 'staff:x:50:bob'),
  ],
  [
    "a user's link to the images",
    'symlink /var/lib/cantrip-containerd belongs to user 1000',
    'chown --no-dereference root:root /var/lib/cantrip-containerd',
    (files) => {
      files.seedDirectory('/mnt/data')
      files.nodes.set('/var/lib/cantrip-containerd', {
        kind: 'symlink',
        target: '/mnt/data',
        mode: 0o777,
        mtimeMs: 0,
        ...BOB,
      })
    },
  ],
])('%s: a warning', async (_, found, fix, set, group) => {
  const verdict = await look(set, group)
  expect(verdict).toMatchObject({
    kind: 'warn',
    found: expect.stringContaining(found),
    fix: expect.stringContaining(fix),
  })
})
