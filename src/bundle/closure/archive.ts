import { createHash } from 'node:crypto'
import type { ReadEntry } from 'tar'

/** A file of an archive or of a directory. */
export interface Blob {
  size: number
  /** Lower-case hex. */
  sha256: string
  /** The start of the content; all of it if the file is small. */
  head: Buffer
}

export interface Archive {
  /** A file by its path, or by the path of a link to it. */
  file(path: string): Blob | undefined
  /** The content as JSON; undefined if there is no such file, or it is not JSON. */
  json(path: string): unknown
}

/** Enough for indexes, manifests and configs of images. */
export const MAX_JSON_BYTES = 1024 * 1024

/** An archive with these files. `content`: all of a file that is not larger than MAX_JSON_BYTES. */
export function archiveOf(
  file: Archive['file'],
  content: (path: string) => Buffer | undefined = (path) => file(path)?.head,
): Archive {
  const isSmall = (path: string) => (file(path)?.size ?? Number.POSITIVE_INFINITY) <= MAX_JSON_BYTES
  return { file, json: (path) => (isSmall(path) ? parse(content(path)) : undefined) }
}

/** Takes the bytes of a file in order. Keeps its first ones. */
export function newBlob(headBytes = MAX_JSON_BYTES): { add(chunk: Uint8Array): void; end(): Blob } {
  const hash = createHash('sha256')
  const head: Buffer[] = []
  let size = 0
  return {
    add(chunk) {
      hash.update(chunk)
      if (size < headBytes) head.push(Buffer.from(chunk.subarray(0, headBytes - size)))
      size += chunk.length
    },
    end: () => ({ size, sha256: hash.digest('hex'), head: Buffer.concat(head) }),
  }
}

/** Reads an archive once. Undefined if it is not an uncompressed tar, which is all that containerd imports. */
export async function readArchive(bytes: AsyncIterable<Uint8Array>): Promise<Archive | undefined> {
  const { Parser } = await import('tar')
  const files = new Map<string, Blob>()
  const links = new Map<string, string>()
  const onReadEntry = (entry: ReadEntry) => {
    const path = plain(entry.path)
    if (entry.linkpath) links.set(path, plain(new URL(entry.linkpath, `file:///${path}`).pathname.slice(1)))
    const blob = newBlob()
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
