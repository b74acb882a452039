import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path/posix'
import type { DurableLog } from '../../durable-log.ts'
import { syncDirectory, writeFile } from './durable-files.ts'
import { withFileErrors } from './file-error.ts'
import { acquireLock } from './lock.ts'

/**
 * Opens `NAME.jsonl` in a directory (mode 0700) exclusively. Throws AgentError `ledger/busy` if another process has it open.
 */
export async function openDurableLog(directory: string, name: string): Promise<DurableLog> {
  const path = join(directory, `${name}.jsonl`)
  const lock = await acquireLock(path)
  let file: FileHandle
  try {
    file = await openFile(directory, path)
  } catch (error) {
    await lock.release()
    throw error
  }
  let failed: unknown

  return {
    read: () => withFileErrors(path, () => readFile(path)),

    async append(bytes, sync) {
      // After a failed sync the state of the disk is unknown, so every further append fails.
      if (failed !== undefined) throw failed
      try {
        await withFileErrors(path, async () => {
          await file.appendFile(bytes)
          if (sync) await file.datasync()
        })
      } catch (error) {
        failed = error
        throw error
      }
    },

    async replace(good, damaged) {
      const mark = createHash('sha256').update(damaged).digest('hex').slice(0, 12)
      const kept = join(directory, `${name}.damaged-${mark}`)
      await writeFile(kept, damaged, 0o600)
      await writeFile(path, good, 0o600)
      await file.close()
      file = await openFile(directory, path)
      return kept
    },

    async close() {
      await file.close()
      await lock.release()
    },
  }
}

async function openFile(directory: string, path: string): Promise<FileHandle> {
  return withFileErrors(path, async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const file = await open(path, 'a', 0o600)
    try {
      await syncDirectory(directory)
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  })
}
