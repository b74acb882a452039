import { closeSync, openSync, writeSync } from 'node:fs'

/** Writes a file until not one byte is left on its file system. */
export function fillDisk(path: string): void {
  const ballast = openSync(path, 'w')
  try {
    for (const block of [4_096, 1]) writeUntilFull(ballast, Buffer.alloc(block))
  } finally {
    closeSync(ballast)
  }
}

function writeUntilFull(file: number, block: Buffer): void {
  try {
    for (;;) writeSync(file, block)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
