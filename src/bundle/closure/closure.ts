import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { addOnOf } from '../add-ons/layout.ts'
import type { Arch } from '../arch.ts'
import { AGENT_IMAGE, MANIFESTS } from '../contents.ts'
import { badBundle } from '../error.ts'
import type { BundleManifest } from '../format.ts'
import { addOnReferences } from './add-ons.ts'
import { BadArchive, readArchive } from './archive.ts'
import { type FoundImage, imagesIn } from './images-in.ts'
import type { OpenFile } from './open-file.ts'
import { kubeadmReferences, type Reference, referencesOf, unmet } from './references.ts'

export interface Closure {
  /** What the bundle names and does not have. */
  missing: readonly Reference[]
  /** Names of optional manifests of which no image is in the bundle: no node can start these pod networks from it. */
  without: readonly string[]
}

/**
 * Proves that a bundle has every image that kubeadm, the kubelet, the operator, its add-ons and its manifests name, under exactly that
 * name and digest, whole and for its architecture. Throws `bundle/bad-image`, or `bundle/not-closed` with all that is missing.
 */
export async function proveClosure(
  files: readonly OpenFile[],
  { arch, kubernetesVersion }: Pick<BundleManifest, 'arch' | 'kubernetesVersion'>,
): Promise<Pick<Closure, 'without'>> {
  const { missing, without } = await closureOf(files, await imagesOf(files, arch), kubernetesVersion)
  if (missing.length === 0) return { without }
  const list = missing.map(({ image, by }) => `${image} (${by})`).join(', ')
  throw badBundle(
    'not-closed',
    `found no ${list}; a node starts without a registry, so a bundle contains every image that it names`,
    'put an archive of each image, saved under exactly that name, beside the others, and build again',
  )
}

/** Compares what is named with the images that are there. Reads only the manifests. */
export async function closureOf(
  files: readonly OpenFile[],
  images: readonly FoundImage[],
  kubernetesVersion: string,
): Promise<Closure> {
  const missing = unmet(kubeadmReferences(kubernetesVersion), images)
  if (!images.some(({ name }) => name.startsWith(`${AGENT_IMAGE}:`))) {
    missing.push({ image: `${AGENT_IMAGE}:VERSION`, by: 'the operator' })
  }
  const without: string[] = []
  missing.push(...unmet(await addOnReferences(files), images))
  for (const file of files) {
    const { role, name, bytes } = file
    if (role !== 'manifest' || addOnOf(file) !== undefined) continue
    const references = await referencesOf(name, await text(Readable.from(bytes())))
    const absent = unmet(references, images)
    const isOptional = OPTIONAL.includes(name)
    if (isOptional && absent.length > 0 && absent.length === references.length) without.push(name)
    else missing.push(...absent)
  }
  return { missing, without }
}

const OPTIONAL = Object.entries(MANIFESTS).flatMap(([name, { required }]) => (required ? [] : [name]))

/** Reads all image archives. Throws `bundle/bad-image`. */
export async function imagesOf(files: readonly OpenFile[], arch: Arch): Promise<FoundImage[]> {
  const images: FoundImage[] = []
  for (const file of files) if (file.role === 'image') images.push(await imageOf(file, arch))
  return images
}

async function imageOf({ name, path, bytes }: OpenFile, arch: Arch): Promise<FoundImage> {
  const fix = 'save the image again, uncompressed, with its name'
  const read = async () => {
    const archive = await readArchive(bytes())
    return { archive, images: archive ? imagesIn(archive, arch) : [] }
  }
  const { archive, images } = await read().catch((cause: unknown) => {
    if (!(cause instanceof BadArchive)) throw cause
    throw badBundle('bad-image', `${path}: ${cause.message}`, fix, cause)
  })
  const problems = images.flatMap((image) => image.problems.map((problem) => `${image.name}: ${problem}`))
  const image = images.find((each) => each.name === name)
  if (image && problems.length === 0) return image
  const all = archive ? problems : ['it is compressed, or not a tar archive']
  if (archive && !image) all.push(`it has no image ${name}`)
  throw badBundle('bad-image', `${path}: ${all.join('; ')}`, fix)
}
