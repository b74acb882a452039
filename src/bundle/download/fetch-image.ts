import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeDurably } from '../../base/durable-file.ts'
import { ARCH, type Arch } from '../arch.ts'
import { ImageIndex, ImageManifest, isOf, pathOf } from '../closure/images-in.ts'
import { sha256 } from '../intake/hash.ts'
import { fetchBytes, fetchFile, type Transport } from './fetch-file.ts'
import { NotFetched } from './http.ts'
import { jsonOf, withAccess } from './registry-access.ts'
import type { Signatures } from './signatures/signatures.ts'

const MAX_MANIFEST_BYTES = 1024 * 1024
const MAX_BLOB_BYTES = 4 * 1024 ** 3
const MAX_BLOBS = 600
const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

export interface WantedImage {
  /** `registry.k8s.io/pause:3.10.2` */
  name: string
  /** Where its registry, or a mirror, has the repository: `https://registry.k8s.io/v2/pause`. */
  repository: string
  arch: Arch
  /** The OCI layout to write. */
  directory: string
  signatures: Signatures
  /** What the image must be; without it, what the tag refers to. */
  digest?: string | undefined
}

/**
 * Downloads an image by the API of registries: the index that its tag refers to, and the blobs of one architecture. Blobs that
 * are there are kept. Throws NotFetched.
 */
export async function fetchImage(
  transport: Transport,
  image: WantedImage,
): Promise<{ digest: string; size: number; signatures: string[] }> {
  const { name, repository, arch, directory, digest, signatures } = image
  const authorized = { ...transport, http: withAccess(transport) }
  const fetched = new Map<string, number>()

  /** The digest, and the content of an index or manifest, which is stored. */
  const manifest = async (reference: string) => {
    const url = `${repository}/manifests/${reference}`
    const headers = { accept: MANIFEST_TYPES.join(', ') }
    const bytes = await fetchBytes(authorized, { url, headers, maxBytes: MAX_MANIFEST_BYTES })
    const found = `sha256:${sha256(bytes)}`
    if (reference.includes(':') && found !== reference) {
      throw new NotFetched(`has the digest ${found}; wanted ${reference}`, 'permanent')
    }
    await write(join(directory, pathOf({ digest: found })), bytes)
    fetched.set(found, bytes.length)
    return { digest: found, size: bytes.length, content: jsonOf(bytes) }
  }

  const blobsOf = async (content: unknown): Promise<void> => {
    const read = ImageManifest.safeParse(content)
    if (!read.success) throw new NotFetched('is neither an index nor a manifest of an image', 'permanent')
    const blobs = [read.data.config, ...read.data.layers]
    if (fetched.size + blobs.length > MAX_BLOBS) throw new NotFetched(`has more than ${MAX_BLOBS} blobs`, 'permanent')
    for (const blob of blobs) {
      const url = `${repository}/blobs/${blob.digest}`
      const maxBytes = Math.min(blob.size, MAX_BLOB_BYTES)
      const path = join(directory, pathOf(blob))
      const { size } = await fetchFile(authorized, { url, path, maxBytes, sha256: hexOf(blob.digest) })
      fetched.set(blob.digest, size)
    }
  }

  const root = await manifest(digest ?? name.slice(name.lastIndexOf(':') + 1))
  const signed = await signatures.ofImage({ transport: authorized, repository, digest: root.digest })
  const index = ImageIndex.safeParse(root.content)
  if (index.success) {
    const own = index.data.manifests.filter(({ platform }) => isOf(arch, platform))
    if (own.length === 0) throw new NotFetched(`has no image for linux/${ARCH[arch].oci}`, 'permanent')
    for (const each of own) await blobsOf((await manifest(each.digest)).content)
  } else await blobsOf(root.content)
  const annotations = { 'io.containerd.image.name': name }
  const manifests = [{ digest: root.digest, size: root.size, annotations }]
  await write(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  await write(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  const size = [...fetched.values()].reduce((sum, each) => sum + each, 0)
  return { digest: root.digest, size, signatures: signed }
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  writeDurably(path, content)
}

const hexOf = (digest: string) => digest.replace('sha256:', '')
