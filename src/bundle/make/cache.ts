import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../error.ts'
import { exists } from '../exists.ts'

/** Tells a person what is under way: one line each. */
export type Progress = (line: string) => void

/** A directory for each part that is built, named by what it is built from; there only when it is complete. */
export interface Cache {
  directory: string
  progress: Progress
}

export interface Part {
  /** With the version: `etcd-v3.6.16-x64`. */
  name: string
  /** All that the outcome depends on besides the name; it becomes part of the directory's name. */
  recipe: unknown
  /** What it took on two cores, with nothing in any cache. */
  seconds: number
  /** Fills a fresh directory. */
  make(directory: string): Promise<void>
}

/** Where the part lies once it is built. */
export function directoryOf(cache: Cache, { name, recipe }: Pick<Part, 'name' | 'recipe'>): string {
  const digest = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 8)
  return join(cache.directory, `${name}-${digest}`)
}

export function isBuilt(cache: Cache, part: Part): Promise<boolean> {
  return exists(directoryOf(cache, part))
}

/** Builds the part unless it is there. A part that could not be built leaves nothing. */
export async function build(cache: Cache, part: Part): Promise<void> {
  const directory = directoryOf(cache, part)
  if (await exists(directory)) return
  await mkdir(cache.directory, { recursive: true })
  const staging = await mkdtemp(join(cache.directory, `.${part.name}-`))
  try {
    await part.make(staging)
    await rename(staging, directory)
  } catch (error) {
    // Somebody else was quicker with the same thing.
    if (!(hasCode(error, 'ENOTEMPTY', 'EEXIST') && (await exists(directory)))) throw error
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}
