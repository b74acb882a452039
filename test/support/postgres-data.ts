import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDirectory } from './testbed/bed.ts'

const run = promisify(execFile)

/**
 * Makes an empty data directory. `initdb` is asked only once for each `key`, because it takes longer than many tests: the result is
 * kept in the cache and copied.
 */
export async function makeData(data: string, key: readonly string[], initdb: () => Promise<unknown>): Promise<void> {
  const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 16)
  const kept = join(cacheDirectory(), 'postgres', hash)
  if (existsSync(kept)) return copy(kept, data)
  await initdb()
  mkdirSync(join(kept, '..'), { recursive: true })
  const own = `${kept}.${process.pid}`
  await copy(data, own)
  try {
    renameSync(own, kept)
  } catch {
    // Another process was faster.
    rmSync(own, { recursive: true })
  }
}

const copy = async (from: string, to: string) => void (await run('cp', ['--archive', '--reflink=auto', from, to]))
