import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { isDiskFull } from '../../base/durable-file.ts'
import { hasCode } from '../../bundle/error.ts'
import { digestOf } from '../../bundle/make/write-hashed.ts'
import { MAX_IMAGE_BYTES } from '../../protocol/images/limits.ts'
import { refusal } from '../domain/admission.ts'
import type { ImageArchives } from './archives.ts'
import { requireRoom, TIMES_TAKEN, tooLarge } from './errors.ts'

/** At one time, of all clusters. */
const MOST_UPLOADS = 8
const MOST_OF_A_CLUSTER = 2
/** An upload that has not moved for so long gives way to another one. */
const STALE_MS = 600_000

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
export function openUploads(archives: ImageArchives, now: () => Date): Uploads {
  const inUse = new Set<string>()
  const fileOf = ({ clusterId, sha256 }: Pick<Part, 'clusterId' | 'sha256'>) =>
    join(archives.directory, `${ofCluster(clusterId)}${sha256}`)

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

  /** For a new upload. Returns its size. */
  async function admit(which: Pick<Part, 'clusterId' | 'sha256'>): Promise<0> {
    const { directory } = archives
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const onDisk = (await readdir(directory)).filter((name) => OF_CLIENT.test(name))
    // Some have begun, and have no file yet.
    const earlier = [...inUse].slice(0, [...inUse].indexOf(fileOf(which))).map((path) => basename(path))
    const all = [...new Set([...onDisk, ...earlier])].filter((name) => name !== basename(fileOf(which)))
    const own = all.filter((name) => name.startsWith(ofCluster(which.clusterId)))
    const isFull = own.length >= MOST_OF_A_CLUSTER
    if (!isFull && all.length < MOST_UPLOADS) return 0
    const idle = (isFull ? own : all).filter((name) => !inUse.has(join(directory, name)))
    if (await removeStalest(directory, idle, now)) return 0
    const most = isFull ? `${MOST_OF_A_CLUSTER} of a cluster` : `${MOST_UPLOADS}`
    throw refusal(
      'images/uploading',
      `found ${isFull ? own.length : all.length} uploads that have begun; wanted at most ${most} at a time`,
      `wait until one of them has ended: one that has not moved for ${STALE_MS / 60_000} minutes gives way`,
    )
  }

  return {
    take: ({ size, offset, bytes, ...which }) =>
      alone(fileOf(which), async () => {
        if (size > MAX_IMAGE_BYTES) throw tooLarge(size)
        const file = fileOf(which)
        const received = (await sizeOf(file)) ?? (await admit(which))
        if (offset !== received || bytes.length === 0) return received
        if (received + bytes.length > size) throw tooLarge(received + bytes.length)
        requireRoom(await archives.freeBytes(), size - received + TIMES_TAKEN * size)
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

/** Those of other controllers have another name. */
const OF_CLIENT = /^upload-(?!peer-).+-[0-9a-f]{64}$/
const ofCluster = (clusterId: string) => `upload-${clusterId}-`

/** Returns whether one of these has given way. */
async function removeStalest(directory: string, names: readonly string[], now: () => Date): Promise<boolean> {
  const aged = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name)
      const changed = await stat(path).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw error
        return { mtimeMs: 0 }
      })
      return { path, ageMs: now().getTime() - changed.mtimeMs }
    }),
  )
  const stalest = aged.sort((one, other) => other.ageMs - one.ageMs)[0]
  if (stalest === undefined || stalest.ageMs < STALE_MS) return false
  await rm(stalest.path, { force: true })
  return true
}

async function append(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    await file.writeFile(bytes)
  } catch (error) {
    if (!isDiskFull(error)) throw error
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
  return (await digestOf(createReadStream(file, { highWaterMark: 1024 * 1024 }))).sha256
}
