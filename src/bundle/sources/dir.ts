import { join } from 'node:path'
import { BadArchive } from '../closure/archive.ts'
import { AGENT_IMAGE, IMAGES } from '../contents.ts'
import { checksumProblem } from '../intake/checksum-beside.ts'
import { filesOf } from '../intake/files.ts'
import { chooseImages, type IntakeImage, imagesOfArchive, imagesOfDirectory } from '../intake/images.ts'
import { type Problems, requireNoProblems } from '../intake/problems.ts'
import { readTree, type Tree } from '../intake/tree.ts'
import { ARCHIVE } from './archive-names.ts'
import { agentItems, describeItem, tagOf } from './items.ts'
import type { Item, Source, SourceContext } from './source.ts'

/**
 * Files of upstream's releases: a tree that `wget -x` made, a heap of files under upstream's names, or bin/, cni/, images/ and
 * manifests/. What no node could use is refused, all at once.
 */
export function directorySource(directory: string): Source {
  return treeSource(() => readTree(directory))
}

/** The same files, wherever they are. `advice`: what to do about files that are refused. */
export function treeSource(open: (context: SourceContext) => Promise<Tree>, advice?: string): Source {
  return async (context) => {
    const tree = await open(context)
    const problems: Problems = { unusable: [], missing: [] }
    const { items, archives, used } = await filesOf(tree, context, problems)
    for (const path of tree.files) {
      if (ARCHIVE.test(path) && !used.has(path)) archives.set(path, join(tree.root, path))
    }
    const images = await readImages(tree, archives, context, problems)
    const names = new Set(images.map(({ name }) => name))
    const isOfAgent = (name: string) => name.startsWith(`${AGENT_IMAGE}:`)
    for (const [repository, { version }] of Object.entries(IMAGES)) {
      const name = `${repository}:${context.versions[version]}`
      const isNamed = names.has(name) || problems.unusable.some((each) => each.includes(name))
      if (!isNamed) problems.missing.push(`archive of ${name}`)
    }
    requireNoProblems(problems, context, advice)
    const { agent, arch } = context
    return [
      ...items,
      ...images.map(toItem),
      ...([...names].some(isOfAgent) ? [] : await agentItems({ root: '/', arch }, agent)),
    ]
  }
}

function toItem({ name, archive }: IntakeImage): Item {
  return { ...describeItem('image', name, tagOf(name)), content: archive() }
}

/** The images in all archives and directories, one of each name. Adds to `problems`. */
async function readImages(
  tree: Tree,
  archives: ReadonlyMap<string, string>,
  context: SourceContext,
  problems: Problems,
): Promise<IntakeImage[]> {
  const { arch, scratch, cache } = context
  const found: IntakeImage[] = []
  const collect = async (label: string, read: () => Promise<IntakeImage[] | undefined>) => {
    const wrong = tree.files.includes(label) ? await checksumProblem(tree, label) : undefined
    if (wrong !== undefined) {
      problems.unusable.push(`${label}: ${wrong}`)
      return
    }
    try {
      const images = await read()
      if (images) found.push(...images)
      else if (`/${label}`.includes('/images/')) problems.unusable.push(`${label}: is no archive of images`)
      else cache.progress(`${label} is not used: it is no archive of images`)
    } catch (error) {
      if (!(error instanceof BadArchive)) throw error
      problems.unusable.push(`${label}: ${error.message}`)
    }
  }
  for (const [label, file] of archives) await collect(label, () => imagesOfArchive(file, label, arch, scratch))
  for (const path of tree.images) await collect(path, () => imagesOfDirectory(join(tree.root, path), path, arch))
  const { chosen, unusable } = chooseImages(found)
  problems.unusable.push(...unusable)
  for (const { name, givenName, from } of chosen) {
    if (name !== givenName) cache.progress(`${from}: ${givenName} is taken as ${name}`)
  }
  return chosen
}
