/**
 * Changing files so that a power cut leaves the old or the new one, never half of it: a temporary file beside it,
 * fdatasync, rename, fsync of the directory. Every write of a file goes through `replace`.
 */
import { constants } from 'node:fs'
import {
  chmod,
  chown,
  copyFile,
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
import { type FileAttributes, temporaryPath } from '../machine.ts'
import { execute } from './commands.ts'
import { absent, naming } from './file-error.ts'

export async function writeFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  await replace(path, async (temporary) => {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(content)
      await file.chmod(mode)
      await file.datasync()
    } finally {
      await file.close()
    }
  })
}

export async function installFile(source: string, path: string, mode: number): Promise<void> {
  // A link would keep the label of where it lies, with which SELinux lets nobody execute it elsewhere.
  const labelled = (await absent(lstat('/sys/fs/selinux/enforce'))) !== undefined
  await replace(path, async (temporary) => {
    // Names of one file share its mode, and the source keeps its own.
    const alike = ((await lstat(source)).mode & 0o7777) === mode
    await (alike && !labelled ? linkOrCopy : copy)(source, temporary)
    await chmod(temporary, mode)
  })
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

/** The same file under another name where that is possible: what overwrites it puts another one in its place. */
export async function backUp(path: string, directory: string): Promise<string> {
  return naming(directory, async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const stats = await lstat(path)
    for (let number = 0; ; number++) {
      const backup = join(directory, `${path.slice(1).replaceAll('/', '-').slice(-150)}.${number}`)
      if ((await absent(lstat(backup))) !== undefined) continue
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
  await naming(path, async () => {
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
  await naming(path, () => chmod(path, mode))
}

export async function remove(path: string): Promise<void> {
  await naming(path, () => absent(unlink(path)))
}

export async function removeDirectory(path: string): Promise<'removed' | 'not-empty'> {
  return naming(path, async () => {
    try {
      await absent(rmdir(path))
      return 'removed'
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return 'not-empty'
      throw error
    }
  })
}

async function replace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await naming(path, async () => {
    const temporary = temporaryPath(path)
    try {
      await make(temporary).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
        await unlink(temporary)
        await make(temporary)
      })
      await rename(temporary, path)
      // Renaming a link over another name of the same file does nothing at all, and leaves both names.
      await absent(unlink(temporary))
    } catch (error) {
      await absent(unlink(temporary))
      throw error
    }
    await syncDirectory(dirname(path))
  })
}

async function linkOrCopy(source: string, path: string): Promise<void> {
  await linkOrElse(source, path, () => copy(source, path))
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

async function copy(source: string, path: string): Promise<void> {
  await copyFile(source, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  await syncFile(path)
}

/** With access lists, capabilities and labels, which Node cannot read: as a link has them, on another file system too. */
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
