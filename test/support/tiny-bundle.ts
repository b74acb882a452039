import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { headName } from '../../src/bundle/assembly.ts'
import { AGENT_IMAGE, BINARIES, CNI_PLUGINS, IMAGES, MANIFESTS } from '../../src/bundle/contents.ts'
import { type BundleFile, type BundleManifest, type BundleRef, MANIFEST_NAME } from '../../src/bundle/format.ts'
import { encodePublicKey } from '../../src/bundle/keys.ts'
import { buildBundle } from '../../src/bundle/make/build-bundle.ts'
import { imageArchive, imageEndingWith } from '../../src/bundle/make/image.ts'
import { AGENT_PATH } from '../../src/bundle/make/images.ts'
import { type Content, contentOf } from '../../src/bundle/make/tar.ts'
import { readManifest } from '../../src/bundle/manifest.ts'
import { closed } from '../../src/bundle/sources/closed.ts'
import { describeItem } from '../../src/bundle/sources/items.ts'
import type { Item } from '../../src/bundle/sources/source.ts'
import { DEFAULT_VERSIONS, type VersionSet } from '../../src/bundle/versions/sets.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'x64'

export interface TinyBundle {
  directory: string
  manifest: BundleManifest
  ref: BundleRef
  privateKey: KeyObject
  publicKey: KeyObject
}

export interface TinyBundleOptions {
  /** Contents by file name, instead of a few default bytes: `{ kubelet: '#!/bin/sh\n…' }`. */
  contents?: Readonly<Record<string, string | Uint8Array>>
  /** The tag of the agent image; default `0.0.0-test`. */
  agentVersion?: string
  /** The agent's executable: the bundle then has what a node with it needs to make the agent image. */
  executable?: string
  now?: Date
  /** Default: `DEFAULT_VERSIONS`. */
  versions?: VersionSet
}

/** Writes a complete signed bundle of a few kilobytes, with the file names of a real one, to `directory`. */
export async function tinyBundle(directory: string, options: TinyBundleOptions = {}): Promise<TinyBundle> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const manifest = await buildBundle({
    source: closed(() => tinyItems(options)),
    arch,
    versions: options.versions ?? DEFAULT_VERSIONS,
    cache: { directory: '/nonexistent', progress: () => undefined },
    agent: { file: '/nonexistent', version: options.agentVersion ?? '0.0.0-test' },
    key: privateKey,
    output: directory,
    now: options.now ?? new Date('2026-01-01T00:00:00Z'),
  })
  const bytes = await readFile(join(directory, MANIFEST_NAME))
  const signature = await readFile(join(directory, `${MANIFEST_NAME}.sig`), 'utf8')
  const { manifestSha256 } = readManifest(bytes, signature, publicKey)
  const ref = { name: manifest.name, manifestSha256, publicKey: encodePublicKey(publicKey) }
  return { directory, manifest, ref, privateKey, publicKey }
}

async function agentOf(executable: string, version: string): Promise<Item[]> {
  const name = `${AGENT_IMAGE}:${version}`
  const layer = new Map([
    ['/usr/local/lib/library', { text: 'a library' }],
    [AGENT_PATH, { text: executable }],
  ])
  const { archive, head } = await imageEndingWith({ name, arch, layer }, AGENT_PATH)
  const sha256 = createHash('sha256').update(executable).digest('hex')
  return [
    { ...describeItem('image', name, version), content: archive },
    { ...describeItem('binary', headName(sha256), version), content: head },
  ]
}

export async function tinyItems({
  contents = {},
  agentVersion = '0.0.0-test',
  executable,
  versions = DEFAULT_VERSIONS,
}: TinyBundleOptions = {}): Promise<Item[]> {
  const item = (role: BundleFile['role'], name: string, version: string, content?: Content): Item => {
    const given = contents[name]
    const fallback = content ?? contentOf(`${role} ${name} ${version}\n`)
    return { ...describeItem(role, name, version), content: given === undefined ? fallback : contentOf(given) }
  }
  const image = async (repository: string, tag: string) => {
    const name = `${repository}:${tag}`
    return item('image', name, tag, await imageArchive({ name, arch, layer: new Map([['/name', { text: name }]]) }))
  }
  return [
    ...Object.entries(BINARIES).map(([name, whose]) => item('binary', name, versions[whose])),
    ...Object.entries(CNI_PLUGINS).map(([name, whose]) => item('cni-plugin', name, versions[whose])),
    ...(await Promise.all(Object.entries(IMAGES).map(([name, { version }]) => image(name, versions[version])))),
    ...(executable === undefined ? [await image(AGENT_IMAGE, agentVersion)] : await agentOf(executable, agentVersion)),
    ...Object.entries(MANIFESTS).map(([name, { version }]) => item('manifest', name, versions[version])),
  ]
}
