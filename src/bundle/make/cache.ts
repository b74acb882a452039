import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../error.ts'

/** Tells a person what is under way: one line each. */
export type Progress = (line: string) => void

/** A directory a thing that is built, named by what it is built from; there only when it is complete. */
export interface Cache {
  directory: string
  progress: Progress
}

const HEARTBEAT_MS = 15_000

/**
 * The cached directory of `name`; where there is none `make` fills a fresh one. `recipe` is all that the outcome depends
 * on besides the name, and becomes part of it.
 */
export async function cached(
  cache: Cache,
  name: string,
  recipe: unknown,
  make: (directory: string) => Promise<void>,
): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 8)
  const directory = join(cache.directory, `${name}-${digest}`)
  if (await exists(directory)) return directory
  await mkdir(cache.directory, { recursive: true })
  const staging = await mkdtemp(join(cache.directory, `.${name}-`))
  const started = performance.now()
  const elapsed = () => `${Math.round((performance.now() - started) / 1000)} s`
  cache.progress(`${name}: building`)
  const heartbeat = setInterval(() => cache.progress(`${name}: still building, ${elapsed()}`), HEARTBEAT_MS)
  try {
    await make(staging)
    await rename(staging, directory)
  } catch (error) {
    // Somebody else was quicker with the same thing.
    if (!(hasCode(error, 'ENOTEMPTY', 'EEXIST') && (await exists(directory)))) throw error
  } finally {
    clearInterval(heartbeat)
    await rm(staging, { recursive: true, force: true })
  }
  cache.progress(`${name}: built in ${elapsed()}`)
  return directory
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return false
      throw error
    },
  )
}
