import * as z from 'zod/mini'
import { ARCH, type Arch } from '../arch.ts'
import { type Archive, BadArchive, type Blob } from './archive.ts'

const Descriptor = z.object({
  mediaType: z.optional(z.string()),
  digest: z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/)),
  size: z.number(),
  platform: z.optional(z.object({ os: z.string(), architecture: z.string() })),
  annotations: z.optional(z.record(z.string(), z.string())),
})
/** Docker permits 127 layers. */
const MAX_LAYERS = 500
/** In one archive, and in one index. */
const MAX_IMAGES = 500
const MAX_NAMES = 100
/** An index can name indexes. */
const MAX_DEPTH = 4
/** Of one image. */
const MAX_BLOBS = 2_000

export const ImageIndex = z.object({ manifests: z.array(Descriptor).check(z.maxLength(MAX_IMAGES)) })
export const ImageManifest = z.object({
  config: Descriptor,
  layers: z.array(Descriptor).check(z.maxLength(MAX_LAYERS)),
})
const Config = z.object({
  architecture: z.string(),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
})
const DockerManifest = z
  .array(
    z.object({
      Config: z.string(),
      RepoTags: z.nullable(z.array(z.string()).check(z.maxLength(MAX_IMAGES))),
      Layers: z.array(z.string()).check(z.maxLength(MAX_LAYERS)),
    }),
  )
  .check(z.maxLength(MAX_IMAGES))
export type Descriptor = z.infer<typeof Descriptor>

/** An image of an archive; the digest is that of its manifest or index. A docker archive has none. */
export interface FoundImage {
  name: string
  digest?: string
  /** What containerd or a node would miss: absent and damaged blobs, and another architecture. */
  problems: readonly string[]
  content: ImageContent
}

/** The blobs of an image: an OCI image has an index or manifest, and a docker archive has paths of its config and layers. */
export type ImageContent =
  | { form: 'oci'; root: Descriptor; blobs: readonly Descriptor[] }
  | { form: 'docker'; config: string; layers: readonly string[] }

/** The named images of an archive. Other platforms of an index may be absent. Throws BadArchive if they are too many, or too large to read. */
export function imagesIn(archive: Archive, arch: Arch): FoundImage[] {
  const { index } = shapeOf(archive, 'index.json')
  const images = index ? ociImages(archive, index.manifests, arch) : []
  // An archive of both forms can have the names in one of them only.
  return images.length > 0 ? images : dockerImages(archive, arch)
}

interface Shape {
  index?: z.infer<typeof ImageIndex>
  manifest?: z.infer<typeof ImageManifest>
  config?: z.infer<typeof Config>
}

/** By the content, which many images can have in common. */
const shapes = new WeakMap<object, Shape>()

/** What a blob is. */
function shapeOf(archive: Archive, path: string): Shape {
  const content = archive.json(path)
  if (typeof content !== 'object' || content === null) return {}
  const known = shapes.get(content)
  if (known) return known
  const { manifests, layers, rootfs } = content as Record<string, unknown>
  const index = isLong(manifests) ? undefined : ImageIndex.safeParse(content).data
  const manifest = index || isLong(layers) ? undefined : ImageManifest.safeParse(content).data
  const isOther = index !== undefined || manifest !== undefined
  const config = isOther || isLong(Object(rootfs).diff_ids) ? undefined : Config.safeParse(content).data
  const shape = { ...(index && { index }), ...(manifest && { manifest }), ...(config && { config }) }
  shapes.set(content, shape)
  return shape
}

/** A schema would examine all of it first. */
const isLong = (list: unknown) => Array.isArray(list) && list.length > MAX_IMAGES

function requireFew(names: readonly string[]): void {
  const { size } = new Set(names)
  if (size > MAX_NAMES) throw new BadArchive(`names ${size} images; wanted at most ${MAX_NAMES}`)
}

function nameOf({ annotations }: Descriptor): string | undefined {
  const name = annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name']
  return name?.includes('/') ? name : undefined
}

function ociImages(archive: Archive, manifests: readonly Descriptor[], arch: Arch): FoundImage[] {
  requireFew(manifests.map(nameOf).filter((name) => name !== undefined))
  return manifests.flatMap((root) => {
    const { digest, platform } = root
    const name = nameOf(root)
    if (name === undefined) return []
    const isOther = !isOf(arch, platform) && manifests.some((each) => each !== root && isOf(arch, each.platform))
    if (isOther) return []
    const blobs: Descriptor[] = []
    const problems = problemsBelow(archive, root, arch, blobs)
    return [{ name, digest, problems, content: { form: 'oci', root, blobs } }]
  })
}

/** Checks a blob and all blobs that it names, each once, and adds them to `blobs`. */
function problemsBelow(archive: Archive, descriptor: Descriptor, arch: Arch, blobs: Descriptor[], depth = 1): string[] {
  if (blobs.some(({ digest }) => digest === descriptor.digest)) return []
  if (depth > MAX_DEPTH) return [`its indexes are nested more than ${MAX_DEPTH} times`]
  if (blobs.length > MAX_BLOBS) return [`it has more than ${MAX_BLOBS} blobs`]
  const problem = problemOf(archive, descriptor)
  if (problem !== undefined) return [problem]
  blobs.push(descriptor)
  const { index, manifest } = shapeOf(archive, pathOf(descriptor))
  if (index) {
    const own = index.manifests.filter(({ platform }) => isOf(arch, platform))
    if (own.length === 0) return [`it has no image for linux/${ARCH[arch].oci}`]
    const problems: string[] = []
    for (const each of own)
      if (problems.length === 0) problems.push(...problemsBelow(archive, each, arch, blobs, depth + 1))
    return problems
  }
  if (!manifest) return [`${descriptor.digest} is neither an index nor a manifest of an image`]
  const { config, layers } = manifest
  const missing = [config, ...layers].map((each) => problemOf(archive, each)).filter((each) => each !== undefined)
  if (missing.length > 0) return missing
  blobs.push(config, ...layers)
  return ofOtherArch(shapeOf(archive, pathOf(config)), arch)
}

function dockerImages(archive: Archive, arch: Arch): FoundImage[] {
  const content = archive.json('manifest.json')
  const images = isLong(content) ? [] : (DockerManifest.safeParse(content).data ?? [])
  requireFew(images.flatMap(({ RepoTags }) => RepoTags ?? []))
  return images.flatMap(({ RepoTags, Config: config, Layers: layers }) => {
    if (!RepoTags?.length) return []
    const absent = [config, ...layers].filter((path) => archive.file(path) === undefined)
    const problems =
      absent.length > 0
        ? absent.map((path) => `found no ${path} in the archive`)
        : [...damagedLayers(archive, config, layers), ...ofOtherArch(shapeOf(archive, config), arch)]
    return RepoTags.map((name) => ({ name, problems, content: { form: 'docker', config, layers } }) as const)
  })
}

export const GZIP = Buffer.from([0x1f, 0x8b])
export const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/** How a layer is compressed. */
export function compressionOf(layer: Blob | undefined): 'gzip' | 'zstd' | undefined {
  const begins = (magic: Buffer) => layer?.head.subarray(0, magic.length).equals(magic)
  if (begins(GZIP)) return 'gzip'
  return begins(ZSTD) ? 'zstd' : undefined
}

/** The config has the hash of each layer before its compression. */
function damagedLayers(archive: Archive, configPath: string, layers: readonly string[]): string[] {
  const { config } = shapeOf(archive, configPath)
  if (!config) return [`${configPath} is not the config of an image`]
  const { diff_ids } = config.rootfs
  if (diff_ids.length !== layers.length) return [`${configPath} names ${diff_ids.length} layers, not ${layers.length}`]
  return layers.flatMap((path, at) => {
    const layer = archive.file(path)
    return compressionOf(layer) !== undefined || `sha256:${layer?.sha256}` === diff_ids[at]
      ? []
      : [`${path} is damaged`]
  })
}

function problemOf(archive: Archive, descriptor: Descriptor): string | undefined {
  const blob = archive.file(pathOf(descriptor))
  if (blob === undefined) return `found no blob ${descriptor.digest}`
  const isWhole = blob.size === descriptor.size && `sha256:${blob.sha256}` === descriptor.digest
  return isWhole ? undefined : `the blob ${descriptor.digest} is damaged`
}

function ofOtherArch({ config }: Shape, arch: Arch): string[] {
  if (!config) return ['its config is not that of an image']
  const { architecture } = config
  return architecture === ARCH[arch].oci ? [] : [`it is for ${architecture}; wanted ${ARCH[arch].oci}`]
}

/** Whether a node of this architecture needs what has this platform. */
export function isOf(arch: Arch, platform: Descriptor['platform']): boolean {
  return platform === undefined || (platform.os === 'linux' && platform.architecture === ARCH[arch].oci)
}

/** The path of a blob in an OCI layout. */
export function pathOf({ digest }: Pick<Descriptor, 'digest'>): string {
  return `blobs/${digest.replace(':', '/')}`
}
