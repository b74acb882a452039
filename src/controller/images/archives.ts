import { mkdir, open, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { isDiskFull, syncDirectory } from '../../base/durable-file.ts'
import { type Limit, limit } from '../../base/tasks/limit.ts'
import { compressFile } from '../../bundle/compression/copies.ts'
import { hasCode } from '../../bundle/error.ts'
import { exists } from '../../bundle/exists.ts'

/**
 * The archives of the images that people added, beside the bundles: `bundles/SHA256.tar`, and a compressed copy `bundles/zst-SHA256.tar`.
 * The records of the clusters say which are needed. One that is named by none is removed.
 */
export interface ImageArchives {
  /** Where uploads and unfinished work are. */
  readonly directory: string
  has(sha256: string): Promise<boolean>
  /** The file to send to a client. */
  find(sha256: string, acceptsZstd: boolean): Promise<{ file: string; encoding?: 'zstd' } | undefined>
  /**
   * Takes a complete file over. Durable when it resolves; the compressed copy is left out if the disk is full. Returns whether the archive
   * is new.
   */
  publish(file: string, sha256: string, size: number): Promise<boolean>
  /** Removes an archive that nobody needs. */
  discard(sha256: string): Promise<void>
  /** Removes uploads that nobody continues, and archives that are not needed when it is its turn. */
  sweep(needed: () => Promise<ReadonlySet<string>>, now: Date): Promise<void>
  freeBytes(): Promise<number>
  /** Work with archives is done one after another: it takes disk and CPU. */
  inTurn: Limit
}

const ARCHIVE = /^(?:zst-)?([0-9a-f]{64})\.tar$/
const UPLOAD = /^upload-/
/** Where images are taken from an upload. */
export const SCRATCH = 'taken-'
/** Longer than any pause of a client, and than the time between an archive and the record that names it. */
const UNUSED_MS = 3_600_000

export function openArchives(dataDirectory: string, free: (path: string) => Promise<number> = freeOn): ImageArchives {
  const directory = join(dataDirectory, 'bundles')
  const inTurn = limit(1)
  const at = (sha256: string) => join(directory, `${sha256}.tar`)
  const copyAt = (sha256: string) => join(directory, `zst-${sha256}.tar`)
  return {
    directory,
    inTurn,
    has: (sha256) => exists(at(sha256)),
    async find(sha256, acceptsZstd) {
      if (!(await exists(at(sha256)))) return undefined
      const isCopied = acceptsZstd && (await exists(copyAt(sha256)))
      return isCopied ? { file: copyAt(sha256), encoding: 'zstd' } : { file: at(sha256) }
    },
    async publish(file, sha256, size) {
      if (await exists(at(sha256))) {
        // It may have been unused until now.
        const now = new Date()
        await utimes(at(sha256), now, now)
        return false
      }
      await synced(file)
      // An earlier attempt may have been interrupted.
      await rm(`${file}.zst`, { force: true })
      await compressFile(file, `${file}.zst`, size).catch(async (error: unknown) => {
        await rm(`${file}.zst`, { force: true })
        if (!isDiskFull(error)) throw error
      })
      if (await exists(`${file}.zst`)) await rename(`${file}.zst`, copyAt(sha256))
      await rename(file, at(sha256))
      syncDirectory(directory)
      return true
    },
    async discard(sha256) {
      for (const path of [copyAt(sha256), at(sha256)]) await rm(path, { force: true })
    },
    sweep: (asked, now) =>
      inTurn(async () => {
        const needed = await asked()
        for (const name of await namesIn(directory)) {
          const sha256 = ARCHIVE.exec(name)?.[1]
          const isUnfinished = UPLOAD.test(name) || name.startsWith(SCRATCH)
          if (sha256 === undefined ? !isUnfinished : needed.has(sha256)) continue
          const path = join(directory, name)
          const { mtimeMs } = await stat(path)
          if (now.getTime() - mtimeMs > UNUSED_MS) await rm(path, { recursive: true, force: true })
        }
      }),
    async freeBytes() {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      return free(directory)
    },
  }
}

async function synced(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.datasync()
  } finally {
    await file.close()
  }
}

async function freeOn(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  })
}
