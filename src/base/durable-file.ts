import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/**
 * Writes a small file with mode 0600 so that after a power cut it has either the old or the new content, never a mixture.
 * Synchronous, because callers rely on the file before they continue, for example before they acknowledge a frame.
 */
export function writeDurably(path: string, content: string | Uint8Array, temporary = `${path}.new`): void {
  // Never writes through a link, or into a file that another process has open.
  rmSync(temporary, { force: true })
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  try {
    const file = openSync(temporary, flags, 0o600)
    try {
      writeFileSync(file, content)
      fdatasyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    // An error of a file that is open does not name it.
    throw Object.assign(error as NodeJS.ErrnoException, { path })
  }
  syncDirectory(dirname(path))
}

export function removeDurably(path: string): void {
  rmSync(path, { force: true })
  syncDirectory(dirname(path))
}

/** Within one directory. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to)
  syncDirectory(dirname(to))
}

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Whether a file could not be written because its disk, or the quota of its user, is full. */
export function isDiskFull(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown }
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'disk/full'
}

/** Syncs the entries of a directory: names of files that were created, renamed or removed in it. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
