import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { hasCode } from '../../bundle/error.ts'
import { MAX_IMAGE_BYTES } from '../../protocol/images/limits.ts'
import { refusal } from '../domain/admission.ts'
import { type ImageArchives, UPLOAD } from './archives.ts'
import { requireRoom, tooLarge } from './errors.ts'

/** At one time, of all clusters. */
const MOST_UPLOADS = 8
/** While images are taken from it: the archive, its files, and an archive of each image with its copy. */
const TIMES = 3

export interface Part {
  clusterId: string
  /** Of the whole archive. */
  sha256: string
  size: number
  offset: number
  bytes: Uint8Array
}

export interface Uploads {
  /** Appends a part if it is the next one. Returns how many bytes have arrived, from where the client continues. */
  take(part: Part): Promise<number>
  /** Lends the complete archive, and removes it afterwards. */
  use<T>(upload: Pick<Part, 'clusterId' | 'sha256'>, work: (file: string) => Promise<T>): Promise<T>
}

/** Archives of images that clients send in parts. A part that was lost is sent again. */
export function openUploads(archives: ImageArchives): Uploads {
  const inUse = new Set<string>()
  const fileOf = ({ clusterId, sha256 }: Pick<Part, 'clusterId' | 'sha256'>) =>
    join(archives.directory, `upload-${clusterId}-${sha256}`)

  /** One request at a time writes to a file. */
  async function alone<T>(file: string, work: () => Promise<T>): Promise<T> {
    if (inUse.has(file)) {
      const fix = 'wait until it has ended, then run the same command again'
      throw refusal('images/uploading', 'another request is working with the same archive', fix)
    }
    inUse.add(file)
    try {
      return await work()
    } finally {
      inUse.delete(file)
    }
  }

  return {
    take: ({ size, offset, bytes, ...which }) =>
      alone(fileOf(which), async () => {
        if (size > MAX_IMAGE_BYTES) throw tooLarge(size)
        const file = fileOf(which)
        const received = (await sizeOf(file)) ?? (await admit(archives))
        if (offset !== received || bytes.length === 0) return received
        if (received + bytes.length > size) throw tooLarge(received + bytes.length)
        requireRoom(await archives.freeBytes(), size - received + TIMES * size)
        await append(file, bytes)
        return received + bytes.length
      }),
    use: (which, work) =>
      alone(fileOf(which), async () => {
        const file = fileOf(which)
        try {
          if ((await sizeOf(file)) !== undefined && (await sha256Of(file)) === which.sha256) {
            const result = await work(file)
            await rm(file, { force: true })
            return result
          }
        } catch (error) {
          // The same archive may be used when there is room.
          if (!(error instanceof AgentError && error.code === 'images/no-space')) await rm(file, { force: true })
          throw error
        }
        await rm(file, { force: true })
        throw refusal(
          'images/not-uploaded',
          `found no complete archive with the SHA-256 sum ${which.sha256}`,
          'send the archive again, and then this request',
        )
      }),
  }
}

/** For a new upload. Returns its size. */
async function admit({ directory }: ImageArchives): Promise<0> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const present = (await readdir(directory)).filter((name) => UPLOAD.test(name))
  if (present.length < MOST_UPLOADS) return 0
  const found = `found ${present.length} uploads that have begun; wanted at most ${MOST_UPLOADS} at a time`
  throw refusal('images/uploading', found, 'wait until one of them has ended: they are forgotten after an hour')
}

async function append(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    await file.writeFile(bytes)
  } catch (error) {
    if (!hasCode(error, 'ENOSPC', 'EDQUOT')) throw error
    requireRoom(0, bytes.length)
  } finally {
    await file.close()
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined
      throw error
    },
  )
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
