import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { extract } from 'tar'
import type { Arch } from '../../../src/bundle/arch.ts'
import { sha256 } from '../../../src/bundle/intake/hash.ts'
import { putImage } from '../upstream-files.ts'
import type { Skopeo } from './skopeo.ts'

/** Stores an image of both architectures at `HOST/name`, as the projects publish them. Returns the digest of its index. */
export async function pushImageIndex(skopeo: Skopeo, host: string, name: string, content = name): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cantrip-index-'))
  try {
    await putImageIndex(directory, content)
    const to = ['--dest-tls-verify=false', `docker://${host}/${name}`]
    await skopeo('copy', '--quiet', '--all', `oci:${directory}:${content}`, ...to)
  } finally {
    await rm(directory, { recursive: true })
  }
  // Not that of the layout: what is pushed is compressed.
  const raw = await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${host}/${name}`)
  return `sha256:${sha256(raw)}`
}

/** An OCI layout, with layers that are not compressed: a registry gets them in gzip, as the projects publish them. */
async function putImageIndex(directory: string, name: string): Promise<void> {
  const blobs = join(directory, 'blobs/sha256')
  const put = async (bytes: string | Buffer) => {
    const hex = sha256(bytes)
    await writeFile(join(blobs, hex), bytes)
    return { digest: `sha256:${hex}`, size: Buffer.byteLength(bytes) }
  }
  const read = (digest: string) => readFile(join(blobs, digest.replace('sha256:', '')))
  const plain = async ({ digest }: { digest: string }) => ({
    mediaType: 'application/vnd.oci.image.layer.v1.tar',
    ...(await put(zstdDecompressSync(await read(digest)))),
  })
  const manifests: object[] = []
  for (const arch of ['x64', 'arm64'] satisfies Arch[]) {
    const archive = join(directory, `${arch}.tar`)
    await putImage(archive, name, arch)
    await extract({ file: archive, cwd: directory })
    const { manifests: own } = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8'))
    for (const { annotations: _, ...descriptor } of own) {
      const manifest = JSON.parse(String(await read(descriptor.digest)))
      const layers = await Promise.all(manifest.layers.map(plain))
      manifests.push({ ...descriptor, ...(await put(JSON.stringify({ ...manifest, layers }))) })
    }
  }
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const index = await put(JSON.stringify({ schemaVersion: 2, mediaType, manifests }))
  const annotations = { 'org.opencontainers.image.ref.name': name }
  const root = { mediaType, ...index, annotations }
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [root] }))
}
