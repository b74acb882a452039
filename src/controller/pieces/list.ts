import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { copyOf } from '../../bundle/compression/copies.ts'
import type { StoredBundle } from '../../bundle/import.ts'
import { MAX_PIECE_BYTES, type PieceList } from '../../protocol/api/delivery/pieces.ts'

const MIN_PIECE = 256 * 1024
/** Larger ones take a slow link too long. */
const LARGE_PIECE = 4 * 1024 * 1024
/** A bundle has some more, because each file has pieces of its own. Fewer would spread slowly, more would cost more requests. */
const PIECES = 256
/** Beyond it, pieces are larger after all: a node names all that it has in each question. */
const MANY_PIECES = 2_048

/** A power of two, so that bundles of about the same size have the same. */
export function pieceBytes(total: number): number {
  const sizeFor = (pieces: number) => 2 ** Math.ceil(Math.log2(total / pieces))
  const bytes = Math.max(MIN_PIECE, Math.min(LARGE_PIECE, sizeFor(PIECES)), sizeFor(MANY_PIECES))
  return Math.min(MAX_PIECE_BYTES, bytes)
}

/** The pieces of what the controller sends for a bundle: the compressed copy of each file, or the file. */
export async function readPieceList({ manifest, directory }: StoredBundle): Promise<PieceList> {
  const sources = await Promise.all(
    manifest.files.map(async ({ path }) => {
      const copy = await copyOf(directory, path)
      const file = copy ?? join(directory, path)
      return {
        path,
        file,
        encoding: copy === undefined ? ('identity' as const) : ('zstd' as const),
        size: (await stat(file)).size,
      }
    }),
  )
  const bytes = pieceBytes(sources.reduce((sum, { size }) => sum + size, 0))
  const files: PieceList['files'] = []
  // One after the other: the hashing is work for this process, and others have their turn between two pieces.
  for (const { file, ...source } of sources) files.push({ ...source, sha256: await sumsOf(file, bytes) })
  const rest = { pieceBytes: bytes, files }
  return { id: createHash('sha256').update(JSON.stringify(rest)).digest('hex'), ...rest }
}

async function sumsOf(file: string, bytes: number): Promise<string[]> {
  const sums: string[] = []
  let hash = createHash('sha256')
  let length = 0
  // Pieces are multiples of a chunk.
  for await (const chunk of createReadStream(file, { highWaterMark: MIN_PIECE })) {
    hash.update(chunk)
    length += chunk.length
    if (length < bytes) continue
    sums.push(hash.digest('hex'))
    hash = createHash('sha256')
    length = 0
  }
  return length > 0 ? [...sums, hash.digest('hex')] : sums
}
