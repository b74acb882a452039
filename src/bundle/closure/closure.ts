import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Arch } from '../arch.ts'
import { AGENT_IMAGE, MANIFESTS } from '../contents.ts'
import { badBundle } from '../error.ts'
import type { BundleFile, BundleManifest } from '../format.ts'
import { readArchive } from './archive.ts'
import { type FoundImage, imagesIn } from './images-in.ts'
import { kubeadmReferences, type Reference, referencesOf, unmet } from './references.ts'

/** A file of a bundle with its content. */
export type OpenFile = Pick<BundleFile, 'role' | 'name' | 'path'> & { bytes(): AsyncIterable<Uint8Array> }

export interface Closure {
  /** Names of optional manifests whose images are not in the bundle: a pod network that no node can start from it. */
  without: readonly string[]
}

/**
 * Proves that a bundle has every image that kubeadm, the kubelet, the operator and its manifests name, under exactly that
 * name and digest, whole and for its architecture. Throws `bundle/bad-image`, or `bundle/not-closed` with all that is missing.
 */
export async function proveClosure(
  files: readonly OpenFile[],
  { arch, kubernetesVersion }: Pick<BundleManifest, 'arch' | 'kubernetesVersion'>,
): Promise<Closure> {
  const images: FoundImage[] = []
  for (const file of files) if (file.role === 'image') images.push(...(await imagesOf(file, arch)))
  const agent = images.filter(({ name }) => name.startsWith(`${AGENT_IMAGE}:`))
  const missing: Reference[] = unmet(kubeadmReferences(kubernetesVersion), images)
  if (agent.length === 0) missing.push({ image: `${AGENT_IMAGE}:VERSION`, by: 'the operator' })
  const without: string[] = []
  for (const { role, name, bytes } of files) {
    if (role !== 'manifest') continue
    const references = await referencesOf(name, await text(Readable.from(bytes())))
    const absent = unmet(references, images)
    const isOptional = name in MANIFESTS && !MANIFESTS[name as keyof typeof MANIFESTS].required
    if (isOptional && absent.length > 0 && absent.length === references.length) without.push(name)
    else missing.push(...absent)
  }
  if (missing.length === 0) return { without }
  const list = missing.map(({ image, by }) => `${image} (${by})`).join(', ')
  throw badBundle(
    'not-closed',
    `found no ${list}; a node starts without a registry, so a bundle contains every image that it names`,
    'put an archive of each image, saved under exactly that name, beside the others, and build again',
  )
}

async function imagesOf({ name, path, bytes }: OpenFile, arch: Arch): Promise<FoundImage[]> {
  const archive = await readArchive(bytes())
  const found = archive && imagesIn(archive, arch)
  const problems = found?.problems ?? ['it is compressed, or not a tar archive']
  if (found && !found.images.some((image) => image.name === name)) problems.push(`it has no image ${name}`)
  if (found && problems.length === 0) return found.images.filter((image) => image.name === name)
  throw badBundle('bad-image', `${path}: ${problems.join('; ')}`, 'save the image again, uncompressed, with its name')
}
