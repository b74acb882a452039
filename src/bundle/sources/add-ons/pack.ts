import type { AddOnDescription } from '../../../add-ons/format.ts'
import { addOnPath, DESCRIPTION, OBJECTS } from '../../add-ons/layout.ts'
import { type Content, contentOf } from '../../make/tar.ts'
import { digestOf } from '../../make/write-hashed.ts'
import { describeItem, tagOf } from '../items.ts'
import type { Item } from '../source.ts'

/** An add-on to put into a bundle. */
export interface GivenAddOn {
  description: AddOnDescription
  /** The text of `objects.yaml`. */
  objects: string
  /** Those of its images that are with it. */
  images: readonly { name: string; content: Content }[]
}

/**
 * The files of add-ons, for a bundle with these other files. An image that two of them have, or the bundle already has, belongs to
 * none of them: every node imports it. `problems`: ids that are there twice, and names that mean different images.
 */
export async function packAddOns(
  addOns: readonly GivenAddOn[],
  others: readonly Item[],
): Promise<{ items: Item[]; problems: string[] }> {
  const items: Item[] = []
  const problems: string[] = []
  const images = new Map<string, { ids: Set<string>; content: Content; sha256: string }>()
  const taken = new Set(others.flatMap(({ role, name }) => (role === 'image' ? [name] : [])))
  const ids = new Set<string>()
  for (const { description, objects, images: own } of addOns) {
    const { id, version } = description
    if (ids.has(id)) problems.push(`there are two add-ons ${id}`)
    ids.add(id)
    const text = `${JSON.stringify(description, undefined, 1)}\n`
    items.push(fileOf(id, DESCRIPTION, version, text), fileOf(id, OBJECTS, version, objects))
    for (const { name, content } of own) {
      if (taken.has(name)) continue
      const { sha256 } = await digestOf(content.bytes())
      const known = images.get(name)
      if (known && known.sha256 !== sha256) problems.push(`${id} has another image ${name} than ${[...known.ids][0]}`)
      images.set(name, { sha256, content, ids: new Set([...(known?.ids ?? []), id]) })
    }
  }
  for (const [name, { ids: owners, content }] of images) {
    const [owner = ''] = owners
    const described = describeItem('image', name, tagOf(name))
    const path = owners.size > 1 ? described.path : addOnPath(owner, described.path.replace(/^images\//, ''))
    items.push({ ...described, path, content })
  }
  return { items, problems }
}

function fileOf(id: string, name: string, version: string, text: string): Item {
  return { role: 'manifest', name: `${id}/${name}`, version, path: addOnPath(id, name), content: contentOf(text) }
}
