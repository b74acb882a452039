import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { isDiskFull } from '../../base/durable-file.ts'
import { ARCHS, type Arch } from '../../bundle/arch.ts'
import { BadArchive } from '../../bundle/closure/archive.ts'
import { imagesOf } from '../../bundle/closure/closure.ts'
import { plainBytes } from '../../bundle/intake/archives/plain-bytes.ts'
import { chooseImages, filesOfArchive, type IntakeImage, imagesOfFiles } from '../../bundle/intake/images.ts'
import { linesOf } from '../../bundle/intake/problems.ts'
import { writeHashed } from '../../bundle/make/write-hashed.ts'
import { ImageName } from '../../protocol/images/image-name.ts'
import { MAX_IMAGE_BYTES } from '../../protocol/images/limits.ts'
import type { ImageArchive } from '../../protocol/wire/lists/images.ts'
import type { ClusterImage } from '../domain/records.ts'
import { type ImageArchives, SCRATCH } from './archives.ts'
import { requireRoom, TIMES_PUBLISHED, TIMES_TAKEN, tooLarge } from './errors.ts'

export type TakenImage = Pick<ClusterImage, 'name' | 'archives'>

export interface Intake {
  /** Architectures of which a node could use the images. */
  needed: ReadonlySet<Arch>
  /** Throws if the cluster cannot have images with these names, whose archives have so many bytes. */
  admit(names: readonly string[], bytes: number): void
  /** An archive was stored that was not there before. */
  onStored(sha256: string): void
}

/**
 * Takes the images of an uploaded archive, whatever its form is: each becomes an archive of its own, with its digest, for each
 * architecture that it is for. Nothing is stored unless all are admitted and have room. Throws `images/invalid` with all that no node
 * of these architectures could use.
 */
export async function takeImages(
  upload: string,
  archives: ImageArchives,
  { needed, admit, onStored }: Intake,
): Promise<TakenImage[]> {
  let scratch: string | undefined
  try {
    scratch = await mkdtemp(join(archives.directory, SCRATCH))
    requireRoom(await archives.freeBytes(), TIMES_TAKEN * (await sizeWhenRead(upload)))
    const files = await filesOfArchive(upload, scratch)
    if (files === undefined) throw new BadArchive('is no archive of images')
    const found = ARCHS.flatMap((arch) => imagesOfFiles(files, 'image.tar', arch).map((image) => ({ arch, image })))
    const byName = Map.groupBy(found, ({ image }) => image.name)
    const choices = [...byName].map(([name, images]) => ({ name, ...choose(images, needed) }))
    const problems = choices.flatMap((choice) => [...choice.problems, ...namingProblem(choice.name)])
    if (problems.length > 0) throw invalid(problems)
    const sizes = choices.flatMap(({ chosen }) => chosen.map(({ image }) => image.archive().size))
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    admit(
      choices.map(({ name }) => name),
      bytes,
    )
    for (const size of sizes) if (size > MAX_IMAGE_BYTES) throw tooLarge(size)
    requireRoom(await archives.freeBytes(), TIMES_PUBLISHED * bytes)
    const taken: TakenImage[] = []
    for (const { name, chosen } of choices) {
      const own: Partial<Record<Arch, ImageArchive>> = {}
      for (const { arch, image } of chosen) {
        const { isNew, archive } = await publish(image, arch, archives, scratch)
        if (isNew) onStored(archive.sha256)
        own[arch] = archive
      }
      taken.push({ name, archives: own })
    }
    return taken
  } catch (error) {
    // Another program took the room.
    if (isDiskFull(error)) requireRoom(0, TIMES_TAKEN * (await stat(upload)).size)
    throw error instanceof BadArchive ? invalid([`the archive ${error.message}`]) : error
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true })
  }
}

interface Found {
  arch: Arch
  image: IntakeImage
}

/** The image for each architecture. In a cluster of two architectures, one of them is enough. */
function choose(images: readonly Found[], needed: ReadonlySet<Arch>): { chosen: Found[]; problems: string[] } {
  const choices = ARCHS.map((arch) => {
    const own = images.filter((each) => each.arch === arch).map(({ image }) => image)
    return { arch, ...chooseImages(own) }
  })
  const chosen = choices.flatMap((choice) => choice.chosen.map((image) => ({ arch: choice.arch, image })))
  const isUsable = chosen.some(({ arch }) => needed.has(arch))
  const problems = choices.flatMap(({ arch, unusable }) => (needed.has(arch) ? unusable : []))
  return { chosen, problems: isUsable ? [] : problems }
}

function namingProblem(name: string): string[] {
  return ImageName.safeParse(name).success ? [] : [`${JSON.stringify(name)} is not REGISTRY/NAME:TAG`]
}

async function publish(
  image: IntakeImage,
  arch: Arch,
  archives: ImageArchives,
  scratch: string,
): Promise<{ isNew: boolean; archive: ImageArchive }> {
  const { name } = image
  requireRoom(await archives.freeBytes(), TIMES_PUBLISHED * image.archive().size)
  const file = join(await mkdtemp(join(scratch, 'archive-')), 'image.tar')
  const { sha256, size } = await writeHashed(file, image.archive().bytes())
  // What the nodes get is read once more.
  const [proved] = await imagesOf([{ role: 'image', name, path: name, bytes: () => createReadStream(file) }], arch)
  if (proved?.digest === undefined) throw new Error(`${name} has no digest`)
  const isNew = await archives.publish(file, sha256, size)
  return { isNew, archive: { digest: proved.digest, sha256, size } }
}

async function sizeWhenRead(upload: string): Promise<number> {
  let bytes = 0
  for await (const chunk of plainBytes(upload)) bytes += chunk.length
  return bytes
}

function invalid(problems: readonly string[]): AgentError {
  const message = linesOf(`images that no node of this cluster could use: ${problems.length}`, problems)
  return new AgentError('images/invalid', message, {
    fix: 'save each image with its full name and for the architecture of the nodes, for example: docker save --output image.tar REGISTRY/NAME:TAG',
    kind: 'invalid',
  })
}
