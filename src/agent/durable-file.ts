import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { temporaryPath } from '../host/machine.ts'

/**
 * Writes a small file so that after a power cut it has either the old or the new content, never a mixture.
 * Synchronous, because callers rely on the file before they continue, for example before they acknowledge a frame.
 */
export function writeDurably(path: string, text: string, mode = 0o600): void {
  // The undo of the file also removes this temporary path.
  const temporary = temporaryPath(path)
  rmSync(temporary, { force: true })
  const file = openSync(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    mode,
  )
  try {
    writeFileSync(file, text)
    fdatasyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
  syncDirectory(dirname(path))
}

export function removeDurably(path: string): void {
  rmSync(path, { force: true })
  syncDirectory(dirname(path))
}

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
}

function syncDirectory(path: string): void {
  const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
