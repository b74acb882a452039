/**
 * File changes after which a power cut leaves the old or the new file, never a mixture: temporary file in the same
 * directory, fdatasync, rename, fsync of the directory. Every write goes through `replace`.
 */
import { constants } from 'node:fs'
import {
  chmod,
  chown,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  rename,
  rmdir,
  symlink,
  unlink,
  utimes,
} from 'node:fs/promises'
import { dirname, join } from 'node:path/posix'
import { type FileAttributes, temporaryPath } from '../../machine.ts'
import { execute } from '../commands.ts'
import { ifExists, withFileErrors } from './file-error.ts'
import { CHUNK_BYTES } from './files.ts'

export async function writeFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  await replace(path, async (temporary) => {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(content)
      await setOwnerAndMode(file, mode)
      await file.datasync()
    } finally {
      await file.close()
    }
  })
}

/** Never hard-links the source, because its owner could still write to it. */
export async function installFile(source: string, path: string, mode: number): Promise<void> {
  await replace(path, (temporary) => copyAsOwn(source, temporary, mode))
}

export async function moveFile(source: string, path: string, mode: number): Promise<void> {
  // A moved file keeps its SELinux label, with which it may not be executed at its new place.
  const labelled = (await ifExists(lstat('/sys/fs/selinux/enforce'))) !== undefined
  await replace(path, async (temporary) => {
    const isOnlyName = (await lstat(source)).nlink === 1
    if (!labelled && isOnlyName && (await renamed(source, temporary))) return chownPath(temporary, mode)
    await copyAsOwn(source, temporary, mode)
  })
  await remove(source)
}

export async function createLink(target: string, path: string): Promise<void> {
  await replace(path, (temporary) => symlink(target, temporary))
}

export async function restoreFile(backup: string, path: string, attributes: FileAttributes): Promise<void> {
  await replace(path, async (temporary) => {
    await linkOrCopyWhole(backup, temporary)
    await setAttributes(temporary, attributes)
  })
}

/** Hard-links the file if possible: a later write replaces the file at `path`, and does not change the backup. */
export async function backUp(path: string, directory: string): Promise<string> {
  return withFileErrors(directory, async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const stats = await lstat(path)
    for (let number = 0; ; number++) {
      const backup = join(directory, `${path.slice(1).replaceAll('/', '-').slice(-150)}.${number}`)
      if ((await ifExists(lstat(backup))) !== undefined) continue
      try {
        await linkOrCopyWhole(path, backup)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
        throw error
      }
      await setAttributes(backup, { ...stats, mode: stats.mode & 0o7777 })
      await syncDirectory(directory)
      return backup
    }
  })
}

export async function createDirectory(path: string, mode: number): Promise<void> {
  await withFileErrors(path, async () => {
    try {
      await mkdir(path, { mode })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await lstat(path)).isDirectory()) return
      throw error
    }
    await chmod(path, mode)
    await syncDirectory(dirname(path))
  })
}

export async function setMode(path: string, mode: number): Promise<void> {
  await withFileErrors(path, () => chmod(path, mode))
}

export async function remove(path: string): Promise<void> {
  await withFileErrors(path, () => ifExists(unlink(path)))
}

export async function removeDirectory(path: string): Promise<'removed' | 'not-empty'> {
  return withFileErrors(path, async () => {
    try {
      await ifExists(rmdir(path))
      return 'removed'
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return 'not-empty'
      throw error
    }
  })
}

async function replace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await withFileErrors(path, async () => {
    const temporary = temporaryPath(path)
    try {
      await make(temporary).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
        await unlink(temporary)
        await make(temporary)
      })
      await rename(temporary, path)
      // rename(2) does nothing if both names are hard links to the same file.
      await ifExists(unlink(temporary))
    } catch (error) {
      await ifExists(unlink(temporary))
      throw error
    }
    await syncDirectory(dirname(path))
  })
}

async function linkOrElse(source: string, path: string, otherwise: () => Promise<void>): Promise<void> {
  try {
    await link(source, path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK') throw error
    await otherwise()
  }
}

async function renamed(source: string, path: string): Promise<boolean> {
  try {
    await rename(source, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false
    throw error
  }
}

/** Other users cannot open the copy before it is complete: copyFile would create it with the mode of its source. */
async function copyAsOwn(source: string, path: string, mode: number): Promise<void> {
  const from = await open(source, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const to = await open(path, 'wx', 0o600)
    try {
      const block = Buffer.allocUnsafe(CHUNK_BYTES)
      for (;;) {
        const { bytesRead } = await from.read(block, 0, CHUNK_BYTES, null)
        if (bytesRead === 0) break
        await to.writeFile(block.subarray(0, bytesRead))
      }
      await setOwnerAndMode(to, mode)
      await to.datasync()
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
}

async function chownPath(path: string, mode: number): Promise<void> {
  const file = await open(path, 'r')
  try {
    await setOwnerAndMode(file, mode)
  } finally {
    await file.close()
  }
}

/** Sets the group as well, because a directory with the set-group-ID bit (/usr/local/bin on Debian) passes on its group. */
async function setOwnerAndMode(file: FileHandle, mode: number): Promise<void> {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
  const now = await file.stat()
  // chown clears the set-user-id bits: mode comes after it.
  if (now.uid !== uid || now.gid !== gid) await file.chown(uid, gid)
  await file.chmod(mode)
}

/** Keeps ACLs, capabilities and labels, which Node cannot read: by a hard link, or with cp on another file system. */
async function linkOrCopyWhole(source: string, path: string): Promise<void> {
  await linkOrElse(source, path, async () => {
    await (await open(path, 'wx', 0o600)).close()
    await execute(['cp', '--preserve=all', '--reflink=auto', '--no-target-directory', '--', source, path])
    await syncFile(path)
  })
}

async function setAttributes(path: string, { mode, uid, gid, mtimeMs }: FileAttributes): Promise<void> {
  const now = await lstat(path)
  // chown clears the set-user-id bits: mode comes after it.
  if (now.uid !== uid || now.gid !== gid) await chown(path, uid, gid)
  if ((now.mode & 0o7777) !== mode) await chmod(path, mode)
  if (now.mtimeMs !== mtimeMs) await utimes(path, now.atimeMs / 1000, mtimeMs / 1000)
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.datasync()
  } finally {
    await file.close()
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
