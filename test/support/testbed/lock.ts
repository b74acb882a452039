import { readFile, rm, writeFile } from 'node:fs/promises'
import { waitFor } from '../wait-for.ts'
import { identify, isAlive, type ProcessId } from './processes.ts'

/** Runs `work` while holding the lock file, which excludes other processes and other calls. A lock of a dead process is ignored. */
export async function withLock<T>(file: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  await waitFor(`lock ${file}`, async () => ((await take(file)) ? true : undefined), { withinMs: 1_200_000, signal })
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function take(file: string): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(identify(process.pid)), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const holder = await holderOf(file)
  if (holder && !isAlive(holder)) await rm(file, { force: true })
  return false
}

/** Undefined if the holder has not written its ID yet, or has released the lock. */
async function holderOf(file: string): Promise<ProcessId | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessId
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
