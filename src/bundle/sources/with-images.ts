import { BadArchive } from '../closure/archive.ts'
import { badBundle } from '../error.ts'
import { exists } from '../exists.ts'
import { chooseImages, type IntakeImage, imagesOfArchive } from '../intake/images.ts'
import { linesOf } from '../intake/problems.ts'
import { describeItem, tagOf } from './items.ts'
import type { Source, SourceContext } from './source.ts'

/**
 * The files of a source, and the images of these archives: those of the pods of people whose nodes have no registry. Every node
 * imports and pins all of them. Throws `bundle/bad-files` with all that is wrong.
 */
export function withImages(source: Source, archives: readonly string[]): Source {
  if (archives.length === 0) return source
  return async (context) => {
    const { images, problems } = await readAll(archives, context)
    const { chosen, unusable } = chooseImages(images)
    problems.push(...unusable)
    // Before the source is built, which can take long.
    refuse(problems)
    const items = await source(context)
    const taken = new Set(items.filter(({ role }) => role === 'image').map(({ name }) => name))
    refuse(
      chosen.filter(({ name }) => taken.has(name)).map(({ from, name }) => `${from}: the bundle has ${name} already`),
    )
    const own = chosen.map(({ name, archive }) => ({ ...describeItem('image', name, tagOf(name)), content: archive() }))
    return [...items, ...own]
  }
}

async function readAll(
  archives: readonly string[],
  { arch, scratch }: SourceContext,
): Promise<{ images: IntakeImage[]; problems: string[] }> {
  const images: IntakeImage[] = []
  const problems: string[] = []
  for (const file of archives) {
    try {
      const found = (await exists(file)) ? await imagesOfArchive(file, file, arch, scratch) : 'nothing'
      if (found === 'nothing') problems.push(`${file}: does not exist`)
      else if (found === undefined) problems.push(`${file}: is no archive of images`)
      else images.push(...found)
    } catch (error) {
      if (!(error instanceof BadArchive)) throw error
      problems.push(`${file}: ${error.message}`)
    }
  }
  return { images, problems }
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return
  throw badBundle(
    'bad-files',
    linesOf(`archives of images: ${problems.length} that no node could use`, problems),
    'save each image with its full name and for the architecture of the bundle, for example: docker save --output image.tar REGISTRY/NAME:TAG',
  )
}
