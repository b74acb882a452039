import { closeSync, constants, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export interface LogFile {
  write(line: string): void
  close(): void
}

const MAX_BYTES = 8 * 1024 * 1024
const KEEP = 3

/**
 * A log that rotates itself: `agent.log`, then `agent.log.1` to `.3`, each at most `maxBytes`, mode 0600. A line that
 * cannot be written, on a full or read-only disk, is dropped; the journal also has it.
 */
export function openLogFile(path: string, maxBytes: number = MAX_BYTES): LogFile {
  let file: number | undefined
  let bytes = 0

  const reopen = () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    file = open(path)
    bytes = fstatSync(file).size
    return file
  }
  const close = () => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  const rotate = () => {
    close()
    for (let number = KEEP - 1; number >= 1; number--) renameIfThere(`${path}.${number}`, `${path}.${number + 1}`)
    renameIfThere(path, `${path}.1`)
  }

  return {
    write(line) {
      const text = Buffer.from(`${line}\n`)
      try {
        if (bytes > 0 && bytes + text.length > maxBytes) rotate()
        bytes += writeSync(file ?? reopen(), text)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === undefined) throw error
      }
    },
    close,
  }
}

function open(path: string): number {
  return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW, 0o600)
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
