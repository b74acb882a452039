import { createHash } from 'node:crypto'
import type { ReadEntry } from 'tar'

/** A file that is no archive, or is damaged or too large. The message continues `FILE: `. */
export class BadArchive extends Error {}

/** A file of an archive or of a directory. */
export interface Blob {
  size: number
  /** Lower-case hex. */
  sha256: string
  /** The start of the content: at least the first 16 bytes. */
  head: Buffer
}

export interface Archive {
  /** A file by its path, or by the path of a link to it. */
  file(path: string): Blob | undefined
  /**
   * The content as JSON; undefined if there is no such file, or it is not JSON. It is read once. Throws BadArchive if all that was asked
   * for is more than an archive of images has.
   */
  json(path: string): unknown
}

/** Enough for an index, a manifest or a config of an image. */
export const MAX_JSON_BYTES = 1024 * 1024
/** Of one archive. */
const MAX_ALL_JSON_BYTES = 32 * MAX_JSON_BYTES
/** How a layer is compressed is in its first bytes. An archive can have many files: no more of each is kept. */
const HEAD_BYTES = 16

/** An archive with these files. `content`: all of a file that is not larger than MAX_JSON_BYTES. */
export function archiveOf(
  file: Archive['file'],
  content: (path: string) => Buffer | undefined = (path) => file(path)?.head,
): Archive {
  /** By hash. */
  const known = new Map<string, unknown>()
  const room = newRoom()
  return {
    file,
    json(path) {
      const blob = file(path)
      if (blob === undefined || blob.size > MAX_JSON_BYTES) return undefined
      if (known.has(blob.sha256)) return known.get(blob.sha256)
      room.take(blob.size)
      room.check()
      const value = parse(content(path))
      known.set(blob.sha256, value)
      return value
    },
  }
}

interface Room {
  /** Returns whether there is room for so many bytes. */
  take(bytes: number): boolean
  giveBack(bytes: number): void
  /** Throws BadArchive once there was no room. */
  check(): void
}

/** For the JSON of one archive. */
function newRoom(): Room {
  let left = MAX_ALL_JSON_BYTES
  let isFull = false
  return {
    take(bytes) {
      isFull ||= bytes > left
      if (!isFull) left -= bytes
      return !isFull
    },
    giveBack(bytes) {
      left += bytes
    },
    check() {
      if (!isFull) return
      const most = MAX_ALL_JSON_BYTES / 2 ** 20
      throw new BadArchive(`has more than ${most} MiB of indexes, manifests and configs`)
    },
  }
}

/** Takes the bytes of a file in order. Keeps its first ones; with `room`, all of a small file that can be JSON. */
export function newBlob(room?: Room): { add(chunk: Uint8Array): void; end(): Blob } {
  const hash = createHash('sha256')
  let head = Buffer.alloc(0)
  let all: Buffer[] | undefined = room && []
  let kept = 0
  let size = 0
  return {
    add(chunk) {
      hash.update(chunk)
      if (size < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - size)])
      size += chunk.length
      if (all === undefined) return
      if (size <= MAX_JSON_BYTES && canBeJson(head) && room?.take(chunk.length)) {
        all.push(Buffer.from(chunk))
        kept += chunk.length
      } else {
        all = undefined
        room?.giveBack(kept)
      }
    },
    end: () => ({ size, sha256: hash.digest('hex'), head: all === undefined ? head : Buffer.concat(all) }),
  }
}

/** An object or a list. */
const canBeJson = (head: Buffer) => /^\s*([[{]|$)/.test(head.toString('latin1'))

/** Reads an archive once. Undefined if it is not an uncompressed tar, which is all that containerd imports. Throws BadArchive. */
export async function readArchive(bytes: AsyncIterable<Uint8Array>): Promise<Archive | undefined> {
  const { Parser } = await import('tar')
  const files = new Map<string, Blob>()
  const links = new Map<string, string>()
  const room = newRoom()
  const onReadEntry = (entry: ReadEntry) => {
    const path = plain(entry.path)
    if (entry.linkpath) links.set(path, plain(new URL(entry.linkpath, `file:///${path}`).pathname.slice(1)))
    const blob = newBlob(room)
    entry.on('data', (chunk) => blob.add(chunk))
    entry.on('end', () => {
      if (entry.type === 'File') files.set(path, blob.end())
    })
  }
  const parser = new Parser({ strict: true, onReadEntry })
  let isWhole = true
  parser.on('error', () => {
    isWhole = false
  })
  let isFirst = true
  for await (const chunk of bytes) {
    if (isFirst && Buffer.from(chunk).subarray(257, 262).toString('latin1') !== 'ustar') return undefined
    isFirst = false
    parser.write(Buffer.from(chunk))
    room.check()
  }
  parser.end()
  if (isFirst || !isWhole) return undefined
  return archiveOf((path) => files.get(path) ?? files.get(links.get(path) ?? ''))
}

function plain(path: string): string {
  return path.replace(/^(\.?\/)+/, '')
}

function parse(content: Buffer | undefined): unknown {
  if (content === undefined) return undefined
  try {
    return JSON.parse(content.toString('utf8'))
  } catch {
    return undefined
  }
}
