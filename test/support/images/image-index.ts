import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** An OCI layout. */
async function putImageIndex(directory: string, name: string): Promise<void> {
  const manifests: object[] = []
  for (const arch of ['x64', 'arm64'] satisfies Arch[]) {
    const archive = join(directory, `${arch}.tar`)
    await putImage(archive, name, arch)
    await extract({ file: archive, cwd: directory })
    const { manifests: own } = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8'))
    manifests.push(...own.map(({ annotations: _, ...descriptor }: Record<string, unknown>) => descriptor))
  }
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const index = JSON.stringify({ schemaVersion: 2, mediaType, manifests })
  const hex = sha256(index)
  await writeFile(join(directory, 'blobs/sha256', hex), index)
  const annotations = { 'org.opencontainers.image.ref.name': name }
  const root = { mediaType, digest: `sha256:${hex}`, size: index.length, annotations }
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [root] }))
}
