import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { ARCH, type Arch } from '../arch.ts'
import { zstdCompressor } from '../compression/zstd.ts'
import { layoutArchive } from './layout.ts'
import { BLOCK, type Content, contentOf, contentOfFile, firstBytes, type TarEntry, tarBytes, tarSize } from './tar.ts'
import { digestOf } from './write-hashed.ts'

/** A file on disk, a text, a symbolic link to `target`, or a directory with this mode. */
export type LayerEntry = { file: string; mode?: number } | { text: string } | { target: string } | { directory: number }

export interface Image {
  /** Repository and tag. */
  name: string
  arch: Arch
  /** By absolute path in the image. */
  layer: ReadonlyMap<string, LayerEntry>
  entrypoint?: readonly string[]
  /** Numeric `uid:gid`; default: root. */
  user?: string
}

const CREATED = '1970-01-01T00:00:00Z'
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const MEDIA = 'application/vnd.oci.image'

interface Layer {
  mediaType: string
  content: Content
  /** SHA-256 of the content, and of the layer before its compression. */
  sha256: string
  diffId: string
}

/**
 * The image as a tar of an OCI layout, for `ctr images import`. It has one layer, compressed with zstd, and is reproducible byte
 * by byte. The compressed layer stays in memory.
 */
export async function imageArchive(image: Image): Promise<Content> {
  const { content, diffId } = await compressedLayer(await layerEntries(image.layer))
  const { sha256 } = await digestOf(content.bytes())
  return archiveOf(image, { mediaType: `${MEDIA}.layer.v1.tar+zstd`, content, sha256, diffId })
}

/**
 * The image as such a tar, which ends with the content of the file `last`; its layer is not compressed. `head`: the bytes before that
 * content. After it there are only zeros.
 */
export async function imageEndingWith(image: Image, last: string): Promise<{ archive: Content; head: Content }> {
  const entries = await layerEntries(image.layer, last)
  const end = entries.at(-1)
  if (end?.kind !== 'file') throw new Error(`${last} is no file of ${image.name}`)
  const content = { size: tarSize(entries), bytes: () => tarBytes(entries) }
  const { sha256 } = await digestOf(content.bytes())
  const archive = archiveOf(image, { mediaType: `${MEDIA}.layer.v1.tar`, content, sha256, diffId: sha256 })
  // Layer and archive end in the same way.
  const after = Math.ceil(end.content.size / BLOCK) * BLOCK + 2 * tarSize([])
  return { archive, head: firstBytes(archive, archive.size - after) }
}

function archiveOf(image: Image, { mediaType, content, sha256: layer, diffId }: Layer): Content {
  const config = json({
    created: CREATED,
    architecture: ARCH[image.arch].oci,
    os: 'linux',
    config: {
      Env: [PATH],
      WorkingDir: '/',
      ...(image.entrypoint ? { Entrypoint: image.entrypoint } : {}),
      ...(image.user ? { User: image.user } : {}),
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${diffId}`] },
    history: [{ created: CREATED, created_by: 'cantrip' }],
  })
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config: descriptor(`${MEDIA}.config.v1+json`, config),
    layers: [{ mediaType, digest: `sha256:${layer}`, size: content.size }],
  })
  const platform = { architecture: ARCH[image.arch].oci, os: 'linux' }
  return layoutArchive(image.name, { ...descriptor(`${MEDIA}.manifest.v1+json`, manifest), platform }, [
    { digest: `sha256:${sha256(manifest)}`, content: contentOf(manifest) },
    { digest: `sha256:${sha256(config)}`, content: contentOf(config) },
    { digest: `sha256:${layer}`, content },
  ])
}

/** `diffId`: the SHA-256 of the layer before its compression. */
async function compressedLayer(entries: readonly TarEntry[]): Promise<{ content: Content; diffId: string }> {
  const hash = createHash('sha256')
  const hashed = async function* () {
    for await (const chunk of tarBytes(entries)) {
      hash.update(chunk)
      yield chunk
    }
  }
  const chunks: Buffer[] = []
  await pipeline(hashed(), zstdCompressor(tarSize(entries)), async (compressed: AsyncIterable<Buffer>) => {
    for await (const chunk of compressed) chunks.push(chunk)
  })
  return { content: contentOf(Buffer.concat(chunks)), diffId: hash.digest('hex') }
}

/** Adds parent directories and sorts, so that parents come before children. `last` comes after all others. */
async function layerEntries(layer: Image['layer'], last?: string): Promise<TarEntry[]> {
  const all = new Map<string, LayerEntry>(layer)
  for (const path of layer.keys())
    for (const parent of parentsOf(path)) if (!all.has(parent)) all.set(parent, { directory: 0o755 })
  const order = (path: string) => `${path === last ? 1 : 0}${path}`
  const sorted = [...all].sort(([a], [b]) => (order(a) < order(b) ? -1 : 1))
  return Promise.all(sorted.map(([path, entry]) => tarEntry(path.slice(1), entry)))
}

async function tarEntry(path: string, entry: LayerEntry): Promise<TarEntry> {
  if ('target' in entry) return { kind: 'link', path, target: entry.target }
  if ('directory' in entry) return { kind: 'directory', path, mode: entry.directory }
  if ('text' in entry) return { kind: 'file', path, mode: 0o644, content: contentOf(entry.text) }
  const { size } = await stat(entry.file)
  return { kind: 'file', path, mode: entry.mode ?? 0o755, content: contentOfFile(entry.file, size) }
}

function parentsOf(path: string): string[] {
  const segments = path.split('/').slice(1, -1)
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`)
}

function descriptor(mediaType: string, blob: Uint8Array) {
  return { mediaType, digest: `sha256:${sha256(blob)}`, size: blob.length }
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
