import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import type { BundleFile } from '../../../bundle/format.ts'
import type { Host, HostView } from '../../../host/host.ts'

/*
 * An image of a bundle is a tar of an OCI layout, which a node removes after the import. Containerd keeps the blobs under their digests,
 * as they were. The rest, such as headers and the index, is small. So a layout makes the archive out of containerd's blobs, byte by byte.
 */

/** Bytes of the archive, or a blob that containerd has. */
const Segment = z.union([
  z.strictObject({ base64: z.string() }),
  z.strictObject({ blob: z.string().check(z.regex(/^[0-9a-f]{64}$/)), size: z.int().check(z.positive()) }),
])

const ArchiveLayout = z.strictObject({
  /** Of the archive. */
  sha256: z.string(),
  segments: z.array(Segment).check(z.maxLength(4_001)),
})

export type ArchiveLayout = z.infer<typeof ArchiveLayout>
export type Segment = z.infer<typeof Segment>

const BLOCK = 512
const BLOB = /^(?:\.\/)?blobs\/sha256\/([0-9a-f]{64})$/
const MOST_ENTRIES = 2_000
/** Of an archive, besides blobs. */
const MOST_BYTES = 256 * 1024

const layoutPath = (bundleDirectory: string, path: string): string => join(bundleDirectory, 'layouts', `${path}.json`)

/** Keeps the layout of a verified archive of an image. An archive of another form has none. */
export async function keepLayout(
  host: Host,
  bundleDirectory: string,
  file: BundleFile,
  archive: string,
): Promise<void> {
  const segments = await segmentsOf(archive)
  if (segments === undefined) return
  const layout: ArchiveLayout = { sha256: file.sha256, segments }
  await host.write(layoutPath(bundleDirectory, file.path), JSON.stringify(layout), 0o600)
}

/** What keeping it changes, for a plan: the archive is not there yet. */
export async function planLayout(host: Host, bundleDirectory: string, { path }: BundleFile): Promise<void> {
  await host.write(layoutPath(bundleDirectory, path), '', 0o600)
}

export async function hasLayout(view: Pick<HostView, 'stat'>, bundleDirectory: string, path: string): Promise<boolean> {
  return (await view.stat(layoutPath(bundleDirectory, path))) !== undefined
}

/** Undefined if there is none, or not of this file. */
export async function readLayout(
  view: Pick<HostView, 'read'>,
  bundleDirectory: string,
  { path, sha256, size }: Pick<BundleFile, 'path' | 'sha256' | 'size'>,
): Promise<ArchiveLayout | undefined> {
  const text = await view.read(layoutPath(bundleDirectory, path))
  if (text === undefined) return undefined
  try {
    const layout = ArchiveLayout.parse(JSON.parse(text))
    const total = layout.segments.reduce((sum, segment) => sum + sizeOf(segment), 0)
    return layout.sha256 === sha256 && total === size ? layout : undefined
  } catch {
    return undefined
  }
}

export function sizeOf(segment: Segment): number {
  return 'blob' in segment ? segment.size : Buffer.byteLength(segment.base64, 'base64')
}

/** Undefined if the archive is not a tar of an OCI layout, or too much of it is no blob. */
async function segmentsOf(archive: string): Promise<Segment[] | undefined> {
  const file = await open(archive)
  try {
    return await readSegments(file, (await file.stat()).size)
  } finally {
    await file.close()
  }
}

async function readSegments(file: FileHandle, size: number): Promise<Segment[] | undefined> {
  const segments: Segment[] = []
  let bytes: Buffer[] = []
  let kept = 0
  const endBytes = () => {
    if (bytes.length > 0) segments.push({ base64: Buffer.concat(bytes).toString('base64') })
    bytes = []
  }
  /** False if there are too many, or the archive ends. */
  const keep = async (at: number, length: number): Promise<boolean> => {
    kept += length
    if (kept > MOST_BYTES || at + length > size) return false
    const block = Buffer.alloc(length)
    bytes.push(block)
    return (await file.read(block, 0, length, at)).bytesRead === length
  }
  const keepEntry = async ({ size: content, blob }: Entry, at: number): Promise<boolean> => {
    if (blob === undefined) return keep(at, padded(content))
    endBytes()
    segments.push({ blob, size: content })
    return keep(at + content, padded(content) - content)
  }
  let entries = 0
  for (let at = 0; at < size; ) {
    if (!(await keep(at, BLOCK))) return undefined
    const entry = entryOf(bytes.at(-1) as Buffer)
    at += BLOCK
    entries += 1
    if (entry === undefined || entries > MOST_ENTRIES) return undefined
    if (entry === 'end') return (await keep(at, size - at)) ? ended(segments, endBytes) : undefined
    if (!(await keepEntry(entry, at))) return undefined
    at += padded(entry.size)
  }
  return ended(segments, endBytes)
}

const padded = (size: number) => Math.ceil(size / BLOCK) * BLOCK

function ended(segments: Segment[], endBytes: () => void): Segment[] | undefined {
  endBytes()
  return segments.some((segment) => 'blob' in segment) ? segments : undefined
}

interface Entry {
  size: number
  /** SHA-256 of a blob. */
  blob?: string
}

/** `end`: nothing follows. Undefined if it is no header. Headers of other kinds than files are kept as they are. */
function entryOf(header: Buffer): Entry | 'end' | undefined {
  if (header.every((byte) => byte === 0)) return 'end'
  if (header.toString('latin1', 257, 262) !== 'ustar') return undefined
  const text = (from: number, to: number) => header.toString('latin1', from, to).replace(/\0.*$/s, '')
  const size = Number.parseInt(text(124, 136).trim() || '0', 8)
  if (!Number.isSafeInteger(size) || size < 0) return undefined
  const isFile = header[156] === 0x30 || header[156] === 0
  const [, blob] = (isFile && text(345, 500) === '' && BLOB.exec(text(0, 100))) || []
  return blob === undefined || size === 0 ? { size } : { size, blob }
}
