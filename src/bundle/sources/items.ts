import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { posix } from 'node:path'
import { headName } from '../assembly.ts'
import { AGENT_IMAGE, IMAGES } from '../contents.ts'
import type { BundleFile } from '../format.ts'
import { type Image, imageArchive, imageEndingWith } from '../make/image.ts'
import { AGENT_PATH, agentImage } from '../make/images.ts'
import type { BaseSystem } from '../make/libraries.ts'
import { contentOfFile } from '../make/tar.ts'
import { digestOf } from '../make/write-hashed.ts'
import type { Item, SourceContext } from './source.ts'

const FOLDER = { binary: 'bin', 'cni-plugin': 'cni', image: 'images', manifest: 'manifests' } as const

export async function fileItem(role: BundleFile['role'], name: string, version: string, file: string): Promise<Item> {
  return { ...describeItem(role, name, version), content: contentOfFile(file, (await stat(file)).size) }
}

export async function imageItem(image: Image): Promise<Item> {
  return { ...describeItem('image', image.name, tagOf(image.name)), content: await imageArchive(image) }
}

/** The operator's image, and what a node with this agent needs to make it (ADR 91). */
export async function agentItems(base: BaseSystem, { file, version }: SourceContext['agent']): Promise<Item[]> {
  const image = await agentImage(base, file, version)
  const { archive, head } = await imageEndingWith(image, AGENT_PATH)
  const { sha256 } = await digestOf(createReadStream(file))
  return [
    { ...describeItem('image', image.name, version), content: archive },
    { ...describeItem('binary', headName(sha256), version), content: head },
  ]
}

export function tagOf(image: string): string {
  return image.slice(image.lastIndexOf(':') + 1)
}

/** The description of a file; its path in the bundle depends on kind and name. */
export function describeItem(role: BundleFile['role'], name: string, version: string): Omit<Item, 'content'> {
  const repository = name.slice(0, name.lastIndexOf(':'))
  const base = role === 'image' ? imageFile(name, repository) : name
  const first = role === 'image' && isFirst(repository)
  return { role, name, version, path: `${FOLDER[role]}/${base}`, ...(first ? { first } : {}) }
}

/** Two images of different registries can have the same last part. */
function imageFile(name: string, repository: string): string {
  const isOwn = repository === AGENT_IMAGE || repository in IMAGES
  return `${isOwn ? posix.basename(repository) : name.replace(/[^A-Za-z0-9._-]/g, '_')}.tar`
}

function isFirst(repository: string): boolean {
  return Object.entries(IMAGES).some(([name, { first }]) => name === repository && first)
}
