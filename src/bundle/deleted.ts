import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from '../base/durable-file.ts'
import { removeCopies } from './compression/copies.ts'
import { hasCode } from './error.ts'
import { bundleDirectory, deletedDirectory } from './import.ts'

/*
 * A bundle is deleted by one rename, to `deleted-<manifest sha256>`; then that directory is emptied. It stays, so that the bundle is not
 * fetched from another controller again. An import removes it.
 */
const DELETED = /^deleted-([0-9a-f]{64})$/

/** After this, the bundle is not one of the stored ones, also after a crash. Its files are still there. */
export async function withdrawBundle(dataDirectory: string, manifestSha256: string): Promise<void> {
  const to = deletedDirectory(dataDirectory, manifestSha256)
  await rm(to, { recursive: true, force: true })
  await rename(bundleDirectory(dataDirectory, manifestSha256), to)
  syncDirectory(join(dataDirectory, 'bundles'))
}

/** Removes the files of all deleted bundles, also of those whose deletion was interrupted. */
export async function removeWithdrawn(dataDirectory: string): Promise<void> {
  for (const sha256 of await deletedBundles(dataDirectory)) {
    const directory = deletedDirectory(dataDirectory, sha256)
    const names = await readdir(directory)
    for (const name of names) await rm(join(directory, name), { recursive: true, force: true })
    await removeCopies(bundleDirectory(dataDirectory, sha256))
    await rm(`${bundleDirectory(dataDirectory, sha256)}.pub`, { force: true })
  }
}

/** The manifest hashes of the bundles that were deleted, and not imported again. */
export async function deletedBundles(dataDirectory: string): Promise<string[]> {
  const names = await readdir(join(dataDirectory, 'bundles')).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  })
  return names.flatMap((name) => DELETED.exec(name)?.[1] ?? [])
}
