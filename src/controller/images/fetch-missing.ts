import { createReadStream } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pauseMs, type RetryPolicy } from '../../base/retry.ts'
import { errorMessage } from '../../base/text/error-message.ts'
import { digestOf } from '../../bundle/make/write-hashed.ts'
import { AdminAccess } from '../../protocol/api/access.ts'
import { pathOf } from '../../protocol/api/route.ts'
import { imageFileRoutes } from '../../protocol/images/routes.ts'
import { download } from '../peers/fetch-bundle.ts'
import type { HasClock, HasImages, HasLog, HasStore } from '../ports.ts'
import type { Beat } from '../store/shared.ts'
import { requireRoom, TIMES_PUBLISHED } from './errors.ts'
import { neededArchives } from './needed.ts'

type Ports = HasImages & HasLog & HasStore & Pick<HasClock, 'now'>

const AFTER_FAILURE: RetryPolicy = { firstMs: 10_000, factor: 2, longestMs: 3_600_000 }

/**
 * Fetches the archives that clusters need and this controller lacks from the other controllers of the database, one at a time. Nodes
 * that are connected here ask the others until then.
 */
export function openMissingImages(
  ports: Ports,
  adminFile: string,
  fetch: typeof fetchArchive = fetchArchive,
): (others: Beat['controllers']) => Promise<void> {
  const { archives } = ports.images
  /** By archive. */
  const failed = new Map<string, { times: number; untilMs: number }>()
  let isFetching = false

  async function fetchOne(sha256: string, size: number, urls: readonly string[]): Promise<void> {
    const { times, untilMs } = failed.get(sha256) ?? { times: 0, untilMs: 0 }
    if (ports.now().getTime() < untilMs || (await archives.has(sha256))) return
    for (const url of urls) {
      try {
        await archives.inTurn(() => fetch(ports, { url, sha256, size, adminFile }))
        failed.delete(sha256)
        return ports.log(`the archive ${sha256} of an image was fetched from ${url}`)
      } catch (error) {
        ports.log(`the archive ${sha256} of an image cannot be fetched from ${url}: ${errorMessage(error)}`)
      }
    }
    failed.set(sha256, { times: times + 1, untilMs: ports.now().getTime() + pauseMs(AFTER_FAILURE, times + 1) })
  }

  return async (others) => {
    if (isFetching || others.length === 0) return
    isFetching = true
    try {
      const urls = others.flatMap((each) => each.urls)
      for (const [sha256, size] of await neededArchives(ports.store)) await fetchOne(sha256, size, urls)
    } finally {
      isFetching = false
    }
  }
}

async function fetchArchive(
  { images: { archives } }: HasImages,
  { url, sha256, size, adminFile }: { url: string; sha256: string; size: number; adminFile: string },
): Promise<void> {
  const access = AdminAccess.parse(JSON.parse(await readFile(adminFile, 'utf8')))
  requireRoom(await archives.freeBytes(), TIMES_PUBLISHED * size)
  const file = join(archives.directory, `upload-peer-${sha256}`)
  await rm(file, { force: true })
  try {
    await download(new URL(pathOf(imageFileRoutes.fetchImage, { sha256 }), url), access, file, size)
    const found = await digestOf(createReadStream(file, { highWaterMark: 1024 * 1024 }))
    if (found.sha256 !== sha256) throw new Error(`found an archive with the SHA-256 sum ${found.sha256}`)
    await archives.publish(file, sha256, size)
  } finally {
    await rm(file, { force: true })
  }
}
