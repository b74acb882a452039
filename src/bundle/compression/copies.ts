import { createReadStream } from 'node:fs'
import { lstat, mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { syncDirectory } from '../../base/durable-file.ts'
import { limit } from '../../base/tasks/limit.ts'
import { hasCode } from '../error.ts'
import { exists } from '../exists.ts'
import type { BundleFile, BundleManifest } from '../format.ts'
import { CHUNK_BYTES, zstdCompressor } from './zstd.ts'

/*
 * Compressed copies of a stored bundle's files, for nodes that understand zstd. They are beside the bundle, which contains only what its
 * manifest lists. A node verifies what it decompressed; a copy that is absent or damaged costs only time.
 */

/** A copy that is not smaller than this part of its file is not kept. */
const WORTH = 0.9
/** Compression works in other threads. */
const LANES = 2

export const copiesDirectory = (bundleDirectory: string): string =>
  join(dirname(bundleDirectory), `zst-${basename(bundleDirectory)}`)

/** The compressed copy of a file, if there is one. */
export async function copyOf(bundleDirectory: string, path: string): Promise<string | undefined> {
  const copy = `${join(copiesDirectory(bundleDirectory), path)}.zst`
  const found = await lstat(copy).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  })
  return found?.isFile() ? copy : undefined
}

/** Makes the copies in `staging`, a directory that does not exist. They are used from `publishCopies` on. */
export async function makeCopies(
  { files }: BundleManifest,
  bundleDirectory: string,
  staging: string,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(staging, { mode: 0o755 })
  const lane = limit(LANES)
  const compress = ({ path, size }: BundleFile) =>
    lane(() => compressFile(join(bundleDirectory, path), `${join(staging, path)}.zst`, size, signal))
  // After a failure, the caller removes the directory: nothing may write to it then.
  const ended = await Promise.allSettled(files.map(compress))
  for (const end of ended) if (end.status === 'rejected') throw end.reason
}

/** Makes the copies of a stored bundle that has none: it was imported by an earlier build, or restored from a backup. */
export async function addCopies(
  { manifest, directory }: { manifest: BundleManifest; directory: string },
  signal: AbortSignal,
): Promise<void> {
  if (await exists(copiesDirectory(directory))) return
  // If it is interrupted, a later import removes it.
  const staging = await mkdtemp(join(dirname(directory), 'import-'))
  try {
    const copies = join(staging, 'copies')
    await makeCopies(manifest, directory, copies, signal)
    if (await exists(directory)) await publishCopies(directory, copies)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Replaces earlier copies. */
export async function publishCopies(bundleDirectory: string, staging: string): Promise<void> {
  await removeCopies(bundleDirectory)
  await rename(staging, copiesDirectory(bundleDirectory))
  syncDirectory(dirname(bundleDirectory))
}

export async function removeCopies(bundleDirectory: string): Promise<void> {
  await rm(copiesDirectory(bundleDirectory), { recursive: true, force: true })
}

/** Makes no file if it would not be much smaller. */
export async function compressFile(from: string, to: string, size: number, signal?: AbortSignal): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o755 })
  const source = createReadStream(from, { highWaterMark: CHUNK_BYTES })
  const handle = await open(to, 'wx', 0o644)
  try {
    const write = async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) await handle.writeFile(chunk)
    }
    await pipeline(source, zstdCompressor(size), write, { ...(signal && { signal }) })
    await handle.datasync()
  } finally {
    await handle.close()
  }
  if ((await stat(to)).size > WORTH * size) await rm(to)
}
