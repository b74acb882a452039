import { createHash } from 'node:crypto'
import type { AddOnDescription } from '../../add-ons/format.ts'
import { type KubernetesObject, objectText, readObjects, refOf } from '../../add-ons/objects.ts'
import { renderAddOn } from '../../add-ons/render.ts'
import { containersOf } from './pods.ts'

/** What `objects.yaml` is, for its description. */
export function summaryOf(text: string, count: number): AddOnDescription['objects'] {
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { sha256, bytes: Buffer.byteLength(text), count }
}

const MOST_PROBLEMS = 20
const LONGEST_NAME = 300

/**
 * What is wrong with an add-on, shortened to 20 problems: objects that are others than its description says, values without a place, and images that it does
 * not list or that a kubelet would ask a registry for.
 */
export async function problemsOf(description: AddOnDescription, text: string): Promise<string[]> {
  const { id } = description
  const attempt = async () => renderAddOn(description, await readObjects(id, text), {})
  const objects = await attempt().catch((error: unknown) => String(error instanceof Error ? error.message : error))
  if (typeof objects === 'string') return [objects]
  const found = summaryOf(text, objects.length)
  const wanted = description.objects
  const isOther = found.sha256 !== wanted.sha256 || found.bytes !== wanted.bytes || found.count !== wanted.count
  const problems: string[] = []
  let more = 0
  const note = (problem: string) => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem)
    else more += 1
  }
  if (isOther) note('objects.yaml is another one than addon.json describes')
  for (const object of objects) {
    for (const { image, imagePullPolicy } of containersOf(object)) {
      const where = objectText(refOf(object))
      if (image === undefined) note(`${where} has a container without an image`)
      else if (!description.images.includes(image))
        note(`${where} names ${image.slice(0, LONGEST_NAME)}, which addon.json does not list`)
      else if (asksRegistry(image, imagePullPolicy)) note(`${where} pulls ${image} always; wanted IfNotPresent`)
    }
  }
  return more > 0 ? [...problems, `and ${more} more`] : problems
}

/** The images that the containers of its objects name. */
export function imagesNamed(objects: readonly KubernetesObject[]): string[] {
  const names = objects.flatMap(containersOf).flatMap(({ image }) => (image === undefined ? [] : [image]))
  return [...new Set(names)].sort()
}

/** Without a policy, a kubelet pulls an image always if it has no tag, or the tag `latest`. */
function asksRegistry(image: string, policy: string | undefined): boolean {
  if (policy !== undefined) return policy === 'Always'
  return !image.includes('@') && !/:(?!latest$)[^/:]+$/.test(image)
}
