import { type Content, contentOf, type TarEntry, tarBytes, tarSize } from './tar.ts'

export interface LayoutBlob {
  /** `sha256:` and lower-case hex. */
  digest: string
  content: Content
}

interface Root {
  mediaType: string
  digest: string
  size: number
  platform?: { architecture: string; os: string }
}

/** A tar of an OCI layout with one image, under this name, for `ctr images import`. Each blob is stored once. */
export function layoutArchive(name: string, root: Root, blobs: readonly LayoutBlob[]): Content {
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        ...root,
        annotations: {
          'io.containerd.image.name': name,
          'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
        },
      },
    ],
  }
  const once = new Map(blobs.map((blob) => [blob.digest, blob]))
  const archive: TarEntry[] = [
    { path: 'oci-layout', content: contentOf(JSON.stringify({ imageLayoutVersion: '1.0.0' })) },
    { path: 'index.json', content: contentOf(JSON.stringify(index)) },
    ...[...once.values()].map(({ digest, content }) => ({ path: `blobs/${digest.replace(':', '/')}`, content })),
  ].map((file) => ({ kind: 'file', mode: 0o644, ...file }))
  return { size: tarSize(archive), bytes: () => tarBytes(archive) }
}
