import * as z from 'zod/mini'
import { ARCH, type Arch } from '../arch.ts'
import type { Archive } from './archive.ts'

const Descriptor = z.object({
  digest: z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/)),
  size: z.number(),
  platform: z.optional(z.object({ os: z.string(), architecture: z.string() })),
  annotations: z.optional(z.record(z.string(), z.string())),
})
const Index = z.object({ manifests: z.array(Descriptor) })
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor) })
const Config = z.object({
  architecture: z.string(),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
})
const DockerManifest = z.array(
  z.object({ Config: z.string(), RepoTags: z.nullable(z.array(z.string())), Layers: z.array(z.string()) }),
)
type Descriptor = z.infer<typeof Descriptor>

/** An image of an archive; the digest is that of its manifest or index. A docker archive has none. */
export interface FoundImage {
  name: string
  digest?: string
}

/**
 * The named images of an archive. `problems` lists what containerd or a node would miss: absent and damaged blobs, and
 * images of another architecture. Other platforms of an index may be absent.
 */
export function imagesIn(archive: Archive, arch: Arch): { images: FoundImage[]; problems: string[] } {
  const index = Index.safeParse(archive.json('index.json'))
  return index.success ? ociImages(archive, index.data.manifests, arch) : dockerImages(archive, arch)
}

function ociImages(archive: Archive, manifests: readonly Descriptor[], arch: Arch) {
  const images: FoundImage[] = []
  const problems: string[] = []
  for (const descriptor of manifests) {
    const { annotations, digest } = descriptor
    const name = annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name']
    if (!name?.includes('/')) continue
    images.push({ name, digest })
    problems.push(...problemsBelow(archive, descriptor, arch).map((problem) => `${name}: ${problem}`))
  }
  return { images, problems }
}

/** Checks a blob and all blobs that it names. */
function problemsBelow(archive: Archive, descriptor: Descriptor, arch: Arch): string[] {
  const problem = problemOf(archive, descriptor)
  if (problem !== undefined) return [problem]
  const content = archive.json(pathOf(descriptor))
  const index = Index.safeParse(content)
  if (index.success) {
    const own = index.data.manifests.filter(({ platform }) => isOf(arch, platform))
    if (own.length === 0) return [`it has no image for linux/${ARCH[arch].oci}`]
    return own.flatMap((each) => problemsBelow(archive, each, arch))
  }
  const manifest = Manifest.safeParse(content)
  if (!manifest.success) return [`${descriptor.digest} is neither an index nor a manifest of an image`]
  const { config, layers } = manifest.data
  const missing = [config, ...layers].map((each) => problemOf(archive, each)).filter((each) => each !== undefined)
  if (missing.length > 0) return missing
  return ofOtherArch(archive.json(pathOf(config)), arch)
}

function dockerImages(archive: Archive, arch: Arch) {
  const manifest = DockerManifest.safeParse(archive.json('manifest.json'))
  const all = manifest.data ?? []
  const images = all.flatMap(({ RepoTags }) => (RepoTags ?? []).map((name) => ({ name })))
  const problems = all.flatMap(({ RepoTags, Config: config, Layers }) => {
    const found = [config, ...Layers].filter((path) => archive.file(path) === undefined)
    const missing = found.map((path) => `found no ${path} in the archive`)
    const damaged = missing.length === 0 ? damagedLayers(archive, config, Layers) : []
    const own = missing.length === 0 ? ofOtherArch(archive.json(config), arch) : []
    return [...missing, ...damaged, ...own].map((problem) => `${(RepoTags ?? []).join(', ')}: ${problem}`)
  })
  return { images, problems }
}

const COMPRESSED = [Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])]

/** The config has the hash of each layer before its compression. */
function damagedLayers(archive: Archive, configPath: string, layers: readonly string[]): string[] {
  const config = Config.safeParse(archive.json(configPath))
  if (!config.success) return [`${configPath} is not the config of an image`]
  const { diff_ids } = config.data.rootfs
  if (diff_ids.length !== layers.length) return [`${configPath} names ${diff_ids.length} layers, not ${layers.length}`]
  return layers.flatMap((path, at) => {
    const layer = archive.file(path)
    const isCompressed = COMPRESSED.some((magic) => layer?.head.subarray(0, magic.length).equals(magic))
    return isCompressed || `sha256:${layer?.sha256}` === diff_ids[at] ? [] : [`${path} is damaged`]
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

function isOf(arch: Arch, platform: Descriptor['platform']): boolean {
  return platform === undefined || (platform.os === 'linux' && platform.architecture === ARCH[arch].oci)
}

function pathOf({ digest }: Descriptor): string {
  return `blobs/${digest.replace(':', '/')}`
}
