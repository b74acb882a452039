import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { BundleManifest } from '../../../bundle/format.ts'
import type { HostView } from '../../../host/host.ts'
import type { PieceList } from '../../../protocol/api/delivery/pieces.ts'
import { readLayout, type Segment, sizeOf } from './archive-layout.ts'
import { isPiece, openKeptPieces, type Piece, type PieceStore, piecesOf } from './piece-store.ts'
import { piecesDirectory } from './pieces-directory.ts'

export type HeldPieces = Pick<PieceStore, 'held' | 'read' | 'close'> & {
  /** Of all of them. */
  bytes: number
}

export interface HeldOptions {
  view: Pick<HostView, 'read' | 'stat'>
  /** Of the bundle. No other file is handed on. */
  manifest: Pick<BundleManifest, 'files'>
  /** The directory of the bundle's files. */
  directory: string
  /** Where containerd has blobs, by their SHA-256. */
  blobs: string
}

/**
 * The pieces of a bundle on a node that has installed it: those of executables that its run kept, and those of images, made from the
 * blobs of containerd. It only reads. Undefined if there are none.
 */
export async function openHeldPieces(
  list: PieceList,
  { view, manifest, directory, blobs }: HeldOptions,
): Promise<HeldPieces | undefined> {
  const { pieces, byPath } = piecesOf(list)
  const kept = await openKept(list, view, piecesDirectory(directory))
  const archives = new Map<number, readonly Segment[]>()
  const held = new Set<number>()
  for (const file of manifest.files) {
    const at = list.files.findIndex(({ path, encoding, size }) => {
      return path === file.path && encoding === 'identity' && size === file.size
    })
    const layout = at < 0 ? undefined : await readLayout(view, directory, file)
    const numbers = byPath.get(file.path) ?? []
    for (const number of numbers) if (kept?.has(number)) held.add(number)
    if (!layout || !(await haveAll(view, blobs, layout.segments))) continue
    archives.set(at, layout.segments)
    for (const number of numbers) held.add(number)
  }
  const bytes = [...held].reduce((sum, number) => sum + (pieces[number]?.size ?? 0), 0)
  const close = async () => kept?.close()
  if (bytes === 0) {
    await close()
    return undefined
  }
  return {
    bytes,
    held: () => [...held],
    async read(number) {
      const piece = pieces[number]
      if (!piece || !held.has(number)) return undefined
      const segments = archives.get(piece.file)
      const found = segments ? await readSegments(piece, segments, blobs) : await kept?.read(number)
      // A blob can be damaged, or removed meanwhile.
      return found && isPiece(piece, found) ? found : undefined
    },
    close,
  }
}

type KeptPieces = Awaited<ReturnType<typeof openKeptPieces>>

async function openKept(
  list: PieceList,
  view: HeldOptions['view'],
  directory: string,
): Promise<KeptPieces | undefined> {
  const own = await view.stat(join(directory, list.id))
  return own?.kind === 'directory' ? openKeptPieces(directory, list) : undefined
}

async function haveAll(view: HeldOptions['view'], blobs: string, segments: readonly Segment[]): Promise<boolean> {
  for (const segment of segments) {
    if (!('blob' in segment)) continue
    const found = await view.stat(join(blobs, segment.blob))
    if (found?.kind !== 'file' || found.size !== segment.size) return false
  }
  return true
}

/** Undefined if a blob is not there any more. */
async function readSegments(
  { offset, size }: Piece,
  segments: readonly Segment[],
  blobs: string,
): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let at = 0
  for (const segment of segments) {
    const length = sizeOf(segment)
    const [from, to] = [Math.max(0, offset - at), Math.min(length, offset + size - at)]
    at += length
    if (from >= to) continue
    const bytes =
      'blob' in segment
        ? await readBlob(join(blobs, segment.blob), from, to)
        : Buffer.from(segment.base64, 'base64').subarray(from, to)
    if (!bytes) return undefined
    parts.push(bytes)
  }
  return Buffer.concat(parts)
}

/** By descriptor: containerd can remove a blob that is being read. */
async function readBlob(path: string, from: number, to: number): Promise<Buffer | undefined> {
  let file: FileHandle | undefined
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    const bytes = Buffer.allocUnsafe(to - from)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
    return bytesRead === bytes.length ? bytes : undefined
  } catch {
    return undefined
  } finally {
    await file?.close()
  }
}
