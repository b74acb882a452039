import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../error.ts'
import { exists } from '../exists.ts'

/** Prints one line of progress. */
export type Progress = (line: string) => void

/** Has one directory for each built part. Its name depends on the inputs, and it exists only when it is complete. */
export interface Cache {
  directory: string
  progress: Progress
}

export interface Part {
  /** Includes the version: `etcd-v3.6.16-x64`. */
  name: string
  /** All other inputs; a hash of them is part of the directory's name. */
  recipe: unknown
  /** Measured on two cores with empty caches. */
  seconds: number
  /** Fills an empty directory. */
  make(directory: string): Promise<void>
}

/** The directory of the built part. */
export function directoryOf(cache: Cache, { name, recipe }: Pick<Part, 'name' | 'recipe'>): string {
  const digest = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 8)
  return join(cache.directory, `${name}-${digest}`)
}

export function isBuilt(cache: Cache, part: Part): Promise<boolean> {
  return exists(directoryOf(cache, part))
}

/** Builds the part unless it is in the cache. A failed build leaves no files. */
export async function build(cache: Cache, part: Part): Promise<void> {
  const directory = directoryOf(cache, part)
  if (await exists(directory)) return
  await mkdir(cache.directory, { recursive: true })
  const staging = await mkdtemp(join(cache.directory, `.${part.name}-`))
  try {
    await part.make(staging)
    await rename(staging, directory)
  } catch (error) {
    // Another process may have built the same part meanwhile.
    if (!(hasCode(error, 'ENOTEMPTY', 'EEXIST') && (await exists(directory)))) throw error
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}
