import { closeSync, fdatasyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path/posix'
import type { AgentPaths } from '../paths.ts'

export interface Reserve {
  /** Makes it, unless it is there; a disk that has no room for it is left alone. */
  fill(): void
  /** Does what must be told even when the disk is full; gives up the reserve where there is no other room. */
  spend<T>(work: () => T): T
}

const BYTES = 1024 * 1024

export const reserveOf = ({ stateDirectory }: Pick<AgentPaths, 'stateDirectory'>) => join(stateDirectory, 'reserve')

/** Room on the disk that is kept for the one message that counts then: that the disk is full. */
export function keepReserve(path: string): Reserve {
  return {
    fill: () => fill(path),
    spend(work) {
      try {
        return work()
      } catch (error) {
        if (!isFull(error)) throw error
        rmSync(path, { force: true })
        return work()
      }
    },
  }
}

export function isFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOSPC' || code === 'EDQUOT'
}

function fill(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.size === BYTES) return
    const file = openSync(path, 'w', 0o600)
    try {
      // Written, not truncated to size: a hole keeps no room.
      writeSync(file, Buffer.alloc(BYTES, 0x20))
      fdatasyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (!isFull(error)) throw error
    rmSync(path, { force: true })
  }
}
