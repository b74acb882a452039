import * as z from 'zod/mini'
import { ARCH, type Arch } from '../arch.ts'
import type { Archive, Blob } from './archive.ts'

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

/** The named images of an archive. Other platforms of an index may be absent. */
export function imagesIn(archive: Archive, arch: Arch): FoundImage[] {
  const index = ImageIndex.safeParse(archive.json('index.json'))
  const images = index.success ? ociImages(archive, index.data.manifests, arch) : []
  // An archive of both forms can have the names in one of them only.
  return images.length > 0 ? images : dockerImages(archive, arch)
}

function ociImages(archive: Archive, manifests: readonly Descriptor[], arch: Arch): FoundImage[] {
  return manifests.flatMap((root) => {
    const { annotations, digest, platform } = root
    const name = annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name']
    if (!name?.includes('/')) return []
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
  const content = archive.json(pathOf(descriptor))
  const index = ImageIndex.safeParse(content)
  if (index.success) {
    const own = index.data.manifests.filter(({ platform }) => isOf(arch, platform))
    if (own.length === 0) return [`it has no image for linux/${ARCH[arch].oci}`]
    const problems: string[] = []
    for (const each of own)
      if (problems.length === 0) problems.push(...problemsBelow(archive, each, arch, blobs, depth + 1))
    return problems
  }
  const manifest = ImageManifest.safeParse(content)
  if (!manifest.success) return [`${descriptor.digest} is neither an index nor a manifest of an image`]
  const { config, layers } = manifest.data
  const missing = [config, ...layers].map((each) => problemOf(archive, each)).filter((each) => each !== undefined)
  if (missing.length > 0) return missing
  blobs.push(config, ...layers)
  return ofOtherArch(archive.json(pathOf(config)), arch)
}

function dockerImages(archive: Archive, arch: Arch): FoundImage[] {
  const manifest = DockerManifest.safeParse(archive.json('manifest.json'))
  return (manifest.data ?? []).flatMap(({ RepoTags, Config: config, Layers: layers }) => {
    const absent = [config, ...layers].filter((path) => archive.file(path) === undefined)
    const problems =
      absent.length > 0
        ? absent.map((path) => `found no ${path} in the archive`)
        : [...damagedLayers(archive, config, layers), ...ofOtherArch(archive.json(config), arch)]
    return (RepoTags ?? []).map((name) => ({ name, problems, content: { form: 'docker', config, layers } }) as const)
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
  const config = Config.safeParse(archive.json(configPath))
  if (!config.success) return [`${configPath} is not the config of an image`]
  const { diff_ids } = config.data.rootfs
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

function ofOtherArch(content: unknown, arch: Arch): string[] {
  const config = Config.safeParse(content)
  if (!config.success) return ['its config is not that of an image']
  const { architecture } = config.data
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
