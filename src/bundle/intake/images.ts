import { mkdtemp } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Arch } from '../arch.ts'
import { BadArchive } from '../closure/archive.ts'
import { compressionOf, type FoundImage, imagesIn, pathOf } from '../closure/images-in.ts'
import { type LayoutBlob, layoutArchive } from '../make/layout.ts'
import { type Content, contentOf, contentOfFile } from '../make/tar.ts'
import { membersOf, unpack } from './archives/unpack.ts'
import { sha256 } from './hash.ts'
import { type ImageFiles, layoutOfDir, readImageFiles } from './image-files.ts'
import { imageName, imageNameInPath } from './image-name.ts'

/** An image that was found, with where. */
export interface IntakeImage {
  name: string
  /** The file or directory it is from. */
  from: string
  /** The name in the archive. */
  givenName: string
  problems: readonly string[]
  /** The digest of its config: equal for the same image in different forms. */
  config: string | undefined
  /** Whether it has the digest that its registry knows. */
  hasDigest: boolean
  archive(): Content
}

/**
 * The images of an archive in any wrapping, unpacked below `scratch`. Undefined if the archive contains no images. Throws
 * BadArchive.
 */
export async function imagesOfArchive(
  file: string,
  from: string,
  arch: Arch,
  scratch: string,
): Promise<IntakeImage[] | undefined> {
  const files = await filesOfArchive(file, scratch)
  return files && imagesOfFiles(files, from, arch)
}

/** The files of such an archive, for images of several architectures. */
export async function filesOfArchive(file: string, scratch: string): Promise<ImageFiles | undefined> {
  const members = await membersOf(file)
  if (!members.has('index.json') && !members.has('manifest.json')) return undefined
  const directory = await mkdtemp(join(scratch, 'image-'))
  await unpack(file, directory, () => true)
  return readImageFiles(directory)
}

/** The images of a directory. Throws BadArchive. */
export async function imagesOfDirectory(directory: string, from: string, arch: Arch): Promise<IntakeImage[]> {
  const files = await readImageFiles(directory)
  if (files.file('oci-layout') !== undefined) return imagesOfFiles(files, from, arch)
  const name = imageNameInPath(from)
  if (name === undefined) {
    throw new BadArchive('names no image; wanted it at REGISTRY/NAME:TAG, as skopeo sync --scoped stores it')
  }
  return imagesOfFiles(layoutOfDir(files, name), from, arch)
}

/** Throws BadArchive if they name no image. */
export function imagesOfFiles(files: ImageFiles, from: string, arch: Arch): IntakeImage[] {
  const images = imagesIn(files, arch)
  if (images.length === 0) {
    const example = `skopeo copy docker://NAME:TAG oci-archive:${basename(from)}:NAME:TAG`
    throw new BadArchive(`names no image; save it with its full name: ${example}`)
  }
  return images.map((image) => {
    const name = imageName(image.name)
    return {
      ...{ name, from, givenName: image.name, problems: image.problems },
      config: configOf(files, image),
      hasDigest: image.content.form === 'oci',
      archive: () => archiveOf(files, name, image),
    }
  })
}

function configOf(files: ImageFiles, { content }: FoundImage): string | undefined {
  if (content.form === 'docker') return files.file(content.config)?.sha256
  // The blobs of a manifest follow it: its config, then its layers.
  const at = content.blobs.findIndex((blob) => 'layers' in Object(files.json(pathOf(blob))))
  return content.blobs[at + 1]?.digest.replace('sha256:', '')
}

/** One image as an OCI layout, with only the blobs of the bundle's architecture. */
function archiveOf(files: ImageFiles, name: string, { content }: FoundImage): Content {
  const from = (path: string): Content => contentOfFile(files.locate(path), files.file(path)?.size ?? 0)
  if (content.form === 'oci') {
    const { digest, size } = content.root
    const mediaType = content.root.mediaType ?? mediaTypeOf(files.json(pathOf(content.root)))
    const blobs = content.blobs.map((blob) => ({ digest: blob.digest, content: from(pathOf(blob)) }))
    return layoutArchive(name, { mediaType, digest, size }, blobs)
  }
  const blob = (path: string): LayoutBlob => ({ digest: `sha256:${files.file(path)?.sha256}`, content: from(path) })
  const describe = (path: string, mediaType: string) => ({
    ...{ mediaType, digest: blob(path).digest },
    size: blob(path).content.size,
  })
  const layerType = (path: string) => {
    const compression = compressionOf(files.file(path))
    return `application/vnd.oci.image.layer.v1.tar${compression ? `+${compression}` : ''}`
  }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: describe(content.config, 'application/vnd.oci.image.config.v1+json'),
    layers: content.layers.map((path) => describe(path, layerType(path))),
  })
  const own = { digest: `sha256:${sha256(manifest)}`, content: contentOf(manifest) }
  const root = { mediaType, digest: own.digest, size: own.content.size }
  return layoutArchive(name, root, [own, blob(content.config), ...content.layers.map(blob)])
}

function mediaTypeOf(content: unknown): string {
  const { mediaType } = Object(content) as { mediaType?: unknown }
  if (typeof mediaType === 'string') return mediaType
  return `application/vnd.oci.image.${'manifests' in Object(content) ? 'index' : 'manifest'}.v1+json`
}

/** The images to take, one of each name, and what is wrong with the others. */
export function chooseImages(found: readonly IntakeImage[]): { chosen: IntakeImage[]; unusable: string[] } {
  const chosen: IntakeImage[] = []
  const unusable: string[] = []
  for (const images of Map.groupBy(found, ({ name }) => name).values()) {
    const usable = images.filter(({ problems }) => problems.length === 0)
    const best = usable.find(({ hasDigest }) => hasDigest) ?? usable[0]
    const other = usable.find(({ config }) => config !== best?.config)
    if (best === undefined) {
      unusable.push(...images.map(({ from, name, problems }) => `${from}: ${name}: ${problems.join('; ')}`))
    } else if (other) {
      unusable.push(`${best.from} and ${other.from} contain different images with the name ${best.name}; keep one`)
    } else chosen.push(best)
  }
  return { chosen, unusable }
}
