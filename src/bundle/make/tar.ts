import { createReadStream } from 'node:fs'
import { Header } from 'tar'

/** The content of a tar entry. The header needs the size before the bytes are read. */
export interface Content {
  size: number
  bytes(): AsyncIterable<Uint8Array>
}

export type TarEntry =
  | { kind: 'file'; path: string; mode: number; content: Content }
  | { kind: 'directory'; path: string; mode: number }
  | { kind: 'link'; path: string; target: string }

/** Entries begin at multiples of it. */
export const BLOCK = 512
const CHUNK_BYTES = 1024 * 1024

export function contentOf(data: string | Uint8Array): Content {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  return {
    size: bytes.length,
    bytes: async function* () {
      yield bytes
    },
  }
}

export function contentOfFile(path: string, size: number): Content {
  return { size, bytes: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }) }
}

/** Bytes after these are not read. */
export function firstBytes({ bytes }: Content, size: number): Content {
  return {
    size,
    bytes: async function* () {
      let left = size
      for await (const chunk of bytes()) {
        yield chunk.subarray(0, left)
        left -= chunk.length
        if (left <= 0) return
      }
    },
  }
}

/** A reproducible tar: entries in the given order, owner root, time 0. */
export async function* tarBytes(entries: readonly TarEntry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield headerOf(entry)
    if (entry.kind !== 'file') continue
    let done = 0
    for await (const chunk of entry.content.bytes()) {
      done += chunk.length
      yield chunk
    }
    if (done !== entry.content.size) throw new Error(`${entry.path} changed while it was packed`)
    const rest = done % BLOCK
    if (rest > 0) yield new Uint8Array(BLOCK - rest)
  }
  yield new Uint8Array(2 * BLOCK)
}

/** The number of bytes that `tarBytes` yields. */
export function tarSize(entries: readonly TarEntry[]): number {
  const blocks = (entry: TarEntry) => (entry.kind === 'file' ? Math.ceil(entry.content.size / BLOCK) : 0)
  return entries.reduce((sum, entry) => sum + (1 + blocks(entry)) * BLOCK, 2 * BLOCK)
}

function headerOf(entry: TarEntry): Uint8Array {
  const types = { file: 'File', directory: 'Directory', link: 'SymbolicLink' } as const
  const header = new Header({
    path: entry.kind === 'directory' ? `${entry.path}/` : entry.path,
    mode: entry.kind === 'link' ? 0o777 : entry.mode,
    uid: 0,
    gid: 0,
    size: entry.kind === 'file' ? entry.content.size : 0,
    mtime: new Date(0),
    type: types[entry.kind],
    ...(entry.kind === 'link' ? { linkpath: entry.target } : {}),
  })
  if (header.encode() || !header.block) throw new Error(`${entry.path} does not fit into a tar header`)
  return header.block
}
