import { expect, test } from 'vitest'
import { type FakeHost, type FakeHostOptions, fakeHost } from '../../../test/support/fake-host.ts'
import { readGivenFile } from './given-file.ts'
import { type SudoEnvironment, trustOf } from './trust.ts'

const BOB = { uid: 1000, gid: 1000 }
const EVE = { uid: 1001, gid: 1001 }
const SUDO: SudoEnvironment = { SUDO_UID: '1000' }
const PASSWD = 'root:x:0:0::/root:/bin/bash\nbob:x:1000:1000::/home/bob:/bin/bash\neve:x:1001:1001::/home/eve:/bin/sh\n'
const GROUP = 'root:x:0:\nusers:x:100:\nbob:x:1000:\neve:x:1001:\n'
const SECRET = { mode: 0o600 }

async function read(
  path: string,
  set: (files: FakeHost['files']) => void,
  { sudo = {}, isSecret = true, ...options }: FakeHostOptions & { sudo?: SudoEnvironment; isSecret?: boolean } = {},
): Promise<string> {
  const host = fakeHost({ ...options, files: { '/etc/passwd': PASSWD, '/etc/group': GROUP, ...options.files } })
  host.files.setAttributes('/tmp', { mode: 0o1777 })
  host.files.seedDirectory('/root', { mode: 0o700 })
  host.files.seedDirectory('/home/bob', { ...BOB, mode: 0o755 })
  set(host.files)
  const trust = await trustOf(host, sudo)
  const file = { path, what: 'file', code: 'given', maxBytes: 100, isSecret, trust, ifMissing: 'copy it' }
  return readGivenFile(file, host).catch(({ code, fix }) => `${code} ${fix}`)
}

test.each<[string, string, (files: FakeHost['files']) => void, Parameters<typeof read>[2]?]>([
  ["in root's home", '/root/f', (files) => files.seed('/root/f', 'read', SECRET)],
  ['in /tmp', '/tmp/f', (files) => files.seed('/tmp/f', 'read', SECRET)],
  [
    "in the home of sudo's caller",
    '/home/bob/f',
    (files) => files.seed('/home/bob/f', 'read', { ...BOB, ...SECRET }),
    { sudo: SUDO },
  ],
  [
    "in a directory that the user's own group can write",
    '/home/bob/c/f',
    (files) => {
      files.seedDirectory('/home/bob/c', { ...BOB, mode: 0o775 })
      files.seed('/home/bob/c/f', 'read', { ...BOB, ...SECRET })
    },
    { sudo: SUDO },
  ],
  [
    'of a caller in a directory service',
    '/srv/f',
    (files) => {
      files.seedDirectory('/srv', { uid: 70_000, gid: 70_000, mode: 0o775 })
      files.seed('/srv/f', 'read', { uid: 70_000, ...SECRET })
    },
    { sudo: { SUDO_UID: '70000' } },
  ],
  [
    'behind a link of root',
    '/credentials/f',
    (files) => {
      files.seedDirectory('/srv/c')
      files.seedLink('/credentials', 'srv/x/../c')
      files.seedDirectory('/srv/x')
      files.seed('/srv/c/f', 'read', SECRET)
    },
  ],
  [
    'of the user who runs it',
    '/home/bob/f',
    (files) => files.seed('/home/bob/f', 'read', { ...BOB, ...SECRET }),
    { uid: 1000 },
  ],
  ['on a read-only medium', '/mnt/f', (files) => files.seed('/mnt/f', 'read', { mode: 0o400 })],
  [
    'without secrets, of another user',
    '/home/bob/f',
    (files) => files.seed('/home/bob/f', 'read', BOB),
    { uid: 1001, isSecret: false },
  ],
])('a file %s is read', async (_, path, set, options) => {
  expect(await read(path, set, options)).toBe('read')
})

const COPY = (path: string) => `then copy it and pass the copy: install -m 600 ${path} /root/f`
test.each<[string, string, string, string, (files: FakeHost['files']) => void, Parameters<typeof read>[2]?]>([
  [
    'of another user',
    '/tmp/f',
    'foreign-owner',
    COPY('/tmp/f'),
    (files) => files.seed('/tmp/f', 'x', { ...EVE, ...SECRET }),
  ],
  [
    "of another user than sudo's caller",
    '/tmp/f',
    'foreign-owner',
    'sudo install -m 600 /tmp/f /root/f',
    (files) => files.seed('/tmp/f', 'x', { ...EVE, ...SECRET }),
    { sudo: SUDO },
  ],
  [
    "in another user's home",
    '/home/bob/f',
    'foreign-directory',
    COPY('/home/bob/f'),
    (files) => files.seed('/home/bob/f', 'x', SECRET),
  ],
  [
    'below a directory that everybody can write',
    '/srv/drop/in/f',
    'foreign-directory',
    COPY('/srv/drop/in/f'),
    (files) => {
      files.seedDirectory('/srv/drop', { mode: 0o777 })
      files.seed('/srv/drop/in/f', 'x', SECRET)
    },
  ],
  [
    'in a directory that a group with other members can write',
    '/srv/f',
    'foreign-directory',
    COPY('/srv/f'),
    (files) => {
      files.seedDirectory('/srv', { gid: 100, mode: 0o775 })
      files.seed('/srv/f', 'x', SECRET)
    },
    { files: { '/etc/group': GROUP.replace('users:x:100:', 'users:x:100:eve') } },
  ],
  [
    "in a directory that the caller's group may write, in which eve is",
    '/srv/f',
    'foreign-directory',
    'sudo install -m 600 /srv/f /root/f',
    (files) => {
      files.seedDirectory('/srv', { ...BOB, mode: 0o775 })
      files.seed('/srv/f', 'x', SECRET)
    },
    { sudo: SUDO, files: { '/etc/group': GROUP.replace('bob:x:1000:', 'bob:x:1000:eve') } },
  ],
  [
    'behind a link that another user made in /tmp',
    '/tmp/c/f',
    'foreign-directory',
    COPY('/tmp/c/f'),
    (files) => {
      files.seedLink('/tmp/c', '/root')
      files.setAttributes('/root', EVE)
      files.nodes.set('/tmp/c', { kind: 'symlink', target: '/root', mode: 0o777, mtimeMs: 0, ...EVE })
      files.seed('/root/f', 'x', SECRET)
    },
  ],
  [
    'that is a link',
    '/root/f',
    'not-a-file',
    'pass the path of the file itself',
    (files) => {
      files.seed('/root/g', 'x', SECRET)
      files.seedLink('/root/f', 'g')
    },
  ],
  ['that is a directory', '/root/f', 'not-a-file', 'the file itself', (files) => files.seedDirectory('/root/f')],
  [
    'that its group can write',
    '/root/f',
    'writable-by-others',
    'chmod 600 /root/f',
    (files) => files.seed('/root/f', 'x', { mode: 0o620 }),
  ],
  [
    'that everybody can read',
    '/root/f',
    'world-readable',
    'chmod 600 /root/f',
    (files) => files.seed('/root/f', 'x', { mode: 0o604 }),
  ],
  [
    'that everybody can read, on a file system without modes',
    '/mnt/usb/f',
    'world-readable',
    COPY('/mnt/usb/f'),
    (files) => files.seed('/mnt/usb/f', 'x', { mode: 0o755 }),
    {
      files: {
        '/proc/self/mountinfo': '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / /mnt/usb rw - vfat /dev/sdb1 rw\n',
      },
    },
  ],
  [
    'that is too large',
    '/root/f',
    'too-large',
    'head -c 1000',
    (files) => files.seed('/root/f', 'x'.repeat(101), SECRET),
  ],
  ['that does not exist', '/root/f', 'missing', 'copy it', () => undefined],
  [
    'without secrets, of another user, read by root',
    '/tmp/f',
    'foreign-owner',
    COPY('/tmp/f'),
    (files) => files.seed('/tmp/f', 'x', EVE),
    { isSecret: false },
  ],
])('a file %s is refused', async (_, path, code, fix, set, options) => {
  const refusal = await read(path, set, options)
  expect(refusal).toContain(`given/${code} `)
  expect(refusal).toContain(fix)
})
