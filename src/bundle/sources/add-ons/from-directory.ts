import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ADD_ON_LIMITS } from '../../../add-ons/format.ts'
import { readObjects } from '../../../add-ons/objects.ts'
import { AgentError } from '../../../base/agent-error.ts'
import { problemsOf } from '../../add-ons/check.ts'
import { DESCRIPTION, OBJECTS } from '../../add-ons/layout.ts'
import { BadArchive } from '../../closure/archive.ts'
import { checksumProblem } from '../../intake/checksum-beside.ts'
import { chooseImages, type IntakeImage, imagesOfArchive } from '../../intake/images.ts'
import { readTree, type Tree } from '../../intake/tree.ts'
import { ARCHIVE } from '../archive-names.ts'
import type { SourceContext } from '../source.ts'
import { describeAddOn, WrittenDescription } from './describe.ts'
import type { GivenAddOn } from './pack.ts'

/** An add-on of a person: a directory with addon.json, objects.yaml and archives of images. Adds to `problems`. */
export async function addOnOfDirectory(
  directory: string,
  { arch, scratch }: Pick<SourceContext, 'arch' | 'scratch'>,
  problems: string[],
): Promise<GivenAddOn | undefined> {
  const tree = await readTree(directory)
  const json = await readSmall(tree, DESCRIPTION, ADD_ON_LIMITS.descriptionBytes, problems)
  const objects = await readSmall(tree, OBJECTS, ADD_ON_LIMITS.bytes, problems)
  if (json === undefined || objects === undefined) return undefined
  const at = (problem: string) => problems.push(`${directory}: ${problem}`)
  const written = parse(json)
  if (typeof written === 'string') {
    at(`${DESCRIPTION}: ${written}`)
    return undefined
  }
  const parsed = await readObjects(written.id, objects).catch((error: unknown) => {
    if (!(error instanceof AgentError)) throw error
    return error.message
  })
  if (typeof parsed === 'string') {
    at(parsed)
    return undefined
  }
  const description = describeAddOn(written, parsed, objects)
  for (const problem of await problemsOf(description, objects)) at(problem)
  const images = await imagesIn(tree, arch, scratch, at)
  for (const { name } of images) if (!description.images.includes(name)) at(`none of its pods uses the image ${name}`)
  return { description, objects, images: images.map(({ name, archive }) => ({ name, content: archive() })) }
}

async function imagesIn(
  tree: Tree,
  arch: SourceContext['arch'],
  scratch: string,
  at: (problem: string) => void,
): Promise<IntakeImage[]> {
  const found: IntakeImage[] = []
  for (const path of tree.files.filter((file) => ARCHIVE.test(file))) {
    const wrong = await checksumProblem(tree, path)
    if (wrong !== undefined) {
      at(`${path}: ${wrong}`)
      continue
    }
    const images = await imagesOfArchive(join(tree.root, path), path, arch, scratch).catch((error: unknown) => {
      if (!(error instanceof BadArchive)) throw error
      return error.message
    })
    if (typeof images === 'string') at(`${path}: ${images}`)
    else if (images === undefined) at(`${path}: is no archive of images`)
    else found.push(...images)
  }
  const { chosen, unusable } = chooseImages(found)
  unusable.forEach(at)
  return chosen
}

async function readSmall(tree: Tree, name: string, maxBytes: number, problems: string[]): Promise<string | undefined> {
  const path = join(tree.root, name)
  const size = tree.files.includes(name) ? (await stat(path)).size : undefined
  if (size !== undefined && size <= maxBytes) return readFile(path, 'utf8')
  problems.push(
    `${tree.root}: ${size === undefined ? `has no ${name}` : `${name} has ${size} bytes; wanted at most ${maxBytes}`}`,
  )
  return undefined
}

/** The description, or what is wrong with it. */
function parse(json: string): WrittenDescription | string {
  let data: unknown
  try {
    data = JSON.parse(json)
  } catch (error) {
    return `is not JSON: ${String(error instanceof Error ? error.message : error)}`
  }
  const result = WrittenDescription.safeParse(data)
  if (result.success) return result.data
  const [issue] = result.error.issues
  return `${issue?.path.join('.')}: ${issue?.message}`
}
