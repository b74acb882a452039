import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { backUp, restoreFile, writeFile } from '../../src/host/linux/files/durable-files.ts'

/** setxattr and getxattr by their system call numbers with perl, because setfattr is not on every machine. */
const xattr = {
  set: (path: string) => perl('my ($n, $v) = ("trusted.cantrip", "kept"); syscall(188, $ARGV[0], $n, $v, 4, 0)', path),
  get: (path: string) =>
    perl('my ($n, $v) = ("trusted.cantrip", "....");  syscall(191, $ARGV[0], $n, $v, 4); print $v', path),
}
const perl = (script: string, path: string) => execFileSync('perl', ['-e', script, path], { encoding: 'utf8' })
const MODIFIED = new Date('2020-02-02T02:02:02Z')

let here: string
let elsewhere: string
beforeEach(() => {
  here = mkdtempSync(join(tmpdir(), 'cantrip-backup-'))
  elsewhere = mkdtempSync('/dev/shm/cantrip-backup-')
})
afterEach(() => {
  for (const path of [here, elsewhere]) rmSync(path, { recursive: true })
})

test.skipIf(process.getuid?.() !== 0 || process.arch !== 'x64').each([
  ['the same file system', () => join(here, 'backups')],
  ['another file system', () => join(elsewhere, 'backups')],
])('a file is restored with owner, mode, times and extended attributes from %s (needs root)', async (_, directory) => {
  const path = join(here, 'file')
  writeFileSync(path, 'before')
  execFileSync('chown', ['12:34', path])
  chmodSync(path, 0o4751)
  utimesSync(path, MODIFIED, MODIFIED)
  xattr.set(path)
  const { mode, uid, gid, mtimeMs } = statSync(path)

  const backup = await backUp(path, directory())
  await writeFile(path, 'after', 0o600)
  await restoreFile(backup, path, { mode: mode & 0o7777, uid, gid, mtimeMs })

  expect(readFileSync(path, 'utf8')).toBe('before')
  expect(statSync(path)).toMatchObject({ mode, uid: 12, gid: 34, mtimeMs: MODIFIED.getTime() })
  expect(xattr.get(path)).toBe('kept')
})
