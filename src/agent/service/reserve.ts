import { closeSync, fdatasyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path/posix'
import { isDiskFull } from '../../base/durable-file.ts'
import type { AgentPaths } from '../paths.ts'

export interface Reserve {
  /** Creates the file unless it exists. Does nothing on a full disk. */
  fill(): void
  /** Runs `work`. If the disk is full, removes the reserve and runs it again. */
  spend<T>(work: () => T): T
}

const BYTES = 1024 * 1024
/** An agent keeps the memory of what it wrote at its start for hours. */
const BLOCK_BYTES = 16 * 1024

export const reserveOf = ({ stateDirectory }: Pick<AgentPaths, 'stateDirectory'>) => join(stateDirectory, 'reserve')

/** Reserves disk space, so that the service can report that the disk is full. */
export function keepReserve(path: string): Reserve {
  return {
    fill: () => fill(path),
    spend(work) {
      try {
        return work()
      } catch (error) {
        if (!isDiskFull(error)) throw error
        rmSync(path, { force: true })
        return work()
      }
    },
  }
}

function fill(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.size === BYTES) return
    const file = openSync(path, 'w', 0o600)
    try {
      // Written rather than truncated to size, because a sparse file reserves no space.
      const block = Buffer.alloc(BLOCK_BYTES, 0x20)
      for (let written = 0; written < BYTES; )
        written += writeSync(file, block, 0, Math.min(block.length, BYTES - written))
      fdatasyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (!isDiskFull(error)) throw error
    rmSync(path, { force: true })
  }
}
