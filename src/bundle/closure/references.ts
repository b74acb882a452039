import { IMAGES } from '../contents.ts'
import { versionSet } from '../versions/sets.ts'
import type { FoundImage } from './images-in.ts'

/** An image that a node needs, and what names it. */
export interface Reference {
  image: string
  by: string
}

/**
 * The images that kubeadm of this version and the kubelet name (`kubeadm config images list`), except that of etcd, which is
 * not a pod here.
 */
export function kubeadmReferences(kubernetesVersion: string): Reference[] {
  const set = versionSet(kubernetesVersion)
  return Object.entries(IMAGES).flatMap(([repository, { version }]) => {
    const tag = version === 'kubernetes' ? kubernetesVersion : set?.[version]
    if (!repository.startsWith('registry.k8s.io/') || tag === undefined) return []
    return [{ image: `${repository}:${tag}`, by: `kubeadm ${kubernetesVersion}` }]
  })
}

/** The images of the pods in a manifest. */
export async function referencesOf(name: string, text: string): Promise<Reference[]> {
  const { parseAllDocuments } = await import('yaml')
  const documents = [...parseAllDocuments(text, { version: '1.1' })]
  const images = documents.flatMap((document) => containersIn(document.toJS()))
  return [...new Set(images)].map((image) => ({ image, by: name }))
}

const LISTS = ['containers', 'initContainers']

function containersIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) =>
    LISTS.includes(key) && Array.isArray(child) ? child.flatMap(imageOf) : containersIn(child),
  )
}

function imageOf(container: unknown): string[] {
  const image = (container as { image?: unknown } | null)?.image
  return typeof image === 'string' ? [image] : []
}

/** The references to images that are not there under exactly that name, or with another digest. */
export function unmet(references: readonly Reference[], images: readonly FoundImage[]): Reference[] {
  const names = new Set(images.flatMap(({ name, digest }) => (digest ? [name, digestForm(name, digest)] : [name])))
  return references.filter(({ image }) => !names.has(withoutTagOfDigest(image)))
}

/** `NAME:TAG@DIGEST` means `NAME@DIGEST`: containers do not look at the tag then. */
function withoutTagOfDigest(image: string): string {
  const [name = '', digest] = image.split('@')
  return digest === undefined ? image : digestForm(name, digest)
}

function digestForm(name: string, digest: string): string {
  return `${name.replace(/:[^/:]+$/, '')}@${digest}`
}
