import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AGENT_IMAGE, BINARIES, CNI_PLUGINS, IMAGES, MANIFESTS } from '../contents.ts'
import { badBundle, hasCode } from '../error.ts'
import { agentImage } from '../make/images.ts'
import { imageName } from './image-name.ts'
import { fileItem, imageItem, tagOf } from './items.ts'
import type { Item, Source } from './source.ts'

/**
 * Prepared files, such as those of upstream releases: bin/, cni/, images/*.tar (OCI layouts or docker archives),
 * manifests/*.yaml. Versions are those of the version set; an image has its own name and tag.
 */
export function directorySource(directory: string): Source {
  return async ({ arch, versions, agent }) => {
    const items: Item[] = []
    const add = async (role: Item['role'], folder: string, name: string, version: string) => {
      const path = join(directory, folder, name)
      items.push(
        await fileItem(role, name, version, path).catch((cause: unknown) => Promise.reject(absent(path, cause))),
      )
    }
    for (const [name, component] of Object.entries(BINARIES)) await add('binary', 'bin', name, versions[component])
    for (const [name, component] of Object.entries(CNI_PLUGINS)) {
      await add('cni-plugin', 'cni', name, versions[component])
    }
    const images = await imagesIn(join(directory, 'images'))
    for (const [repository, { version }] of Object.entries(IMAGES)) {
      const name = `${repository}:${versions[version]}`
      if (!images.has(name)) throw absent(`an archive of ${name} in ${join(directory, 'images')}`)
    }
    for (const [name, file] of images) {
      items.push({ ...(await fileItem('image', name, tagOf(name), file)), path: `images/${basename(file)}` })
    }
    if (![...images.keys()].some((name) => name.startsWith(`${AGENT_IMAGE}:`))) {
      items.push(await imageItem(await agentImage({ root: '/', arch }, agent.file, agent.version)))
    }
    const manifests = await filesIn(join(directory, 'manifests'))
    for (const [name, { version, required }] of Object.entries(MANIFESTS)) {
      if (required || manifests.includes(name)) await add('manifest', 'manifests', name, versions[version])
    }
    return items
  }
}

/** The archives in a directory, by image name. */
async function imagesIn(directory: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const name of await filesIn(directory)) {
    if (name.endsWith('.tar')) found.set(await imageName(join(directory, name)), join(directory, name))
  }
  return found
}

async function filesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((cause: unknown) => Promise.reject(absent(directory, cause)))
}

function absent(what: string, cause?: unknown): unknown {
  if (cause !== undefined && !hasCode(cause, 'ENOENT', 'ENOTDIR')) return cause
  return badBundle('missing-file', `found no ${what}; a bundle needs it`, 'copy the file there and build again', cause)
}
