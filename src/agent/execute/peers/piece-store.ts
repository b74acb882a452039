import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PieceList } from '../../../protocol/api/delivery/pieces.ts'

export interface Piece {
  file: number
  offset: number
  size: number
  sha256: string
}

/** The pieces of a bundle that this node has, for itself and for its peers. */
export interface PieceStore {
  readonly pieces: readonly Piece[]
  /** The numbers of the pieces of a file. */
  of(path: string): readonly number[]
  has(piece: number): boolean
  held(): number[]
  /** False, and nothing is written, if these bytes are not the piece. */
  write(piece: number, bytes: Buffer): Promise<boolean>
  /** Undefined if it is not here. */
  read(piece: number): Promise<Buffer | undefined>
  /** The bytes of a file up to the first piece that is missing. */
  prefix(path: string): AsyncGenerator<Buffer>
  /** How many they are. */
  prefixBytes(path: string): number
  /** Undefined if there is no such file. */
  encodingOf(path: string): 'identity' | 'zstd' | undefined
  close(): Promise<void>
}

/**
 * Opens the pieces in a directory, of which the caller has recorded the undo. What a killed process left is used again as far as its
 * sums are right; pieces of another list are deleted.
 */
export async function openPieceStore(directory: string, list: PieceList): Promise<PieceStore> {
  for (const name of await readdir(directory)) {
    if (name !== list.id) await rm(join(directory, name), { recursive: true, force: true })
  }
  const own = join(directory, list.id)
  await mkdir(own, { recursive: true, mode: 0o700 })
  const { pieces, byPath } = piecesOf(list)
  const { fileOf, readAt, close } = filesIn(own, constants.O_RDWR | constants.O_CREAT)
  const held = await heldIn(own, pieces, readAt)
  const store: PieceStore = {
    pieces,
    of: (path) => byPath.get(path) ?? [],
    has: (piece) => held.has(piece),
    held: () => [...held],
    async write(number, bytes) {
      const piece = pieces[number]
      if (!piece || !isPiece(piece, bytes)) return false
      if (held.has(number)) return true
      const file = await fileOf(piece.file)
      for (let done = 0; done < bytes.length; ) {
        done += (await file.write(bytes, done, bytes.length - done, piece.offset + done)).bytesWritten
      }
      held.add(number)
      return true
    },
    async read(number) {
      const piece = pieces[number]
      return piece && held.has(number) ? readAt(piece) : undefined
    },
    async *prefix(path) {
      for (const number of store.of(path)) {
        const bytes = await store.read(number)
        if (!bytes) return
        yield bytes
      }
    },
    prefixBytes(path) {
      const numbers = store.of(path)
      const end = numbers.findIndex((number) => !held.has(number))
      return numbers.slice(0, end < 0 ? undefined : end).reduce((sum, number) => sum + (pieces[number]?.size ?? 0), 0)
    },
    encodingOf: (path) => list.files.find((file) => file.path === path)?.encoding,
    close,
  }
  return store
}

/** The pieces of this list in a directory of such a store, to read only. */
export async function openKeptPieces(
  directory: string,
  list: PieceList,
): Promise<Pick<PieceStore, 'has' | 'read' | 'close'>> {
  const own = join(directory, list.id)
  const { pieces } = piecesOf(list)
  const { readAt, close } = filesIn(own, constants.O_RDONLY)
  const held = await heldIn(own, pieces, readAt)
  return {
    has: (number) => held.has(number),
    async read(number) {
      const piece = pieces[number]
      return piece && held.has(number) ? readAt(piece) : undefined
    },
    close,
  }
}

type ReadAt = (piece: Piece) => Promise<Buffer>

/** The files of a store, each opened once with these flags of open(2). */
function filesIn(own: string, flags: number) {
  const files = new Map<number, FileHandle>()
  const fileOf = async (file: number): Promise<FileHandle> => {
    const known = files.get(file)
    if (known) return known
    const opened = await open(join(own, String(file)), flags | constants.O_NOFOLLOW, 0o600)
    const other = files.get(file)
    if (other) {
      await opened.close()
      return other
    }
    files.set(file, opened)
    return opened
  }
  const readAt: ReadAt = async ({ file, offset, size }) => {
    const bytes = Buffer.allocUnsafe(size)
    const { bytesRead } = await (await fileOf(file)).read(bytes, 0, size, offset)
    return bytes.subarray(0, bytesRead)
  }
  const close = async () => {
    await Promise.all([...files.values()].map((file) => file.close()))
  }
  return { fileOf, readAt, close }
}

/** The pieces whose sums are right. */
async function heldIn(own: string, pieces: readonly Piece[], readAt: ReadAt): Promise<Set<number>> {
  const left = new Set((await readdir(own)).map(Number))
  const held = new Set<number>()
  for (const [number, piece] of pieces.entries()) {
    if (left.has(piece.file) && isPiece(piece, await readAt(piece))) held.add(number)
  }
  return held
}

/** The pieces of a list by their numbers, and the numbers of those of each file. */
export function piecesOf(list: PieceList): { pieces: Piece[]; byPath: Map<string, number[]> } {
  const pieces: Piece[] = []
  const byPath = new Map<string, number[]>()
  for (const [file, { path, size, sha256 }] of list.files.entries()) {
    const numbers = sha256.map((sum, at) => {
      const offset = at * list.pieceBytes
      return pieces.push({ file, offset, size: Math.min(list.pieceBytes, size - offset), sha256: sum }) - 1
    })
    byPath.set(path, numbers)
  }
  return { pieces, byPath }
}

export function isPiece({ size, sha256 }: Piece, bytes: Buffer): boolean {
  return bytes.length === size && createHash('sha256').update(bytes).digest('hex') === sha256
}
