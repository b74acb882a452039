import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readIfThere } from '../base/durable-file.ts'
import { hashOfImages } from '../protocol/images/hash-of-images.ts'
import { MOST_IMAGES } from '../protocol/images/limits.ts'
import type { AddedImage } from '../protocol/wire/facts.ts'
import type { Images } from '../protocol/wire/lists/images.ts'
import type { Signed } from '../protocol/wire/signed.ts'
import type { AgentPaths } from './paths.ts'
import { writeStateFile } from './state-file.ts'

/** What became of an image that people added to the cluster. One that is not pinned is brought once for each time it is added. */
export interface BroughtImage extends AddedImage {
  addedAt: string
  /** It was removed afterwards, and stays away until it is added again. */
  gone?: true
}

/** What the controller is told: those that are here, or could not be brought. */
export function reportedImages(brought: readonly BroughtImage[]): AddedImage[] {
  return brought.flatMap(({ gone, ...image }) => (gone ? [] : [image]))
}

/** The last list, as it was signed; undefined also for a damaged file, because the controller sends it again. */
export function readImagesFile({ imagesFile }: Pick<AgentPaths, 'imagesFile'>): Signed | undefined {
  const { payload, signature } = read<Partial<Signed>>(imagesFile) ?? {}
  return typeof payload === 'string' && typeof signature === 'string' ? { payload, signature } : undefined
}

/** Durable when it returns. */
export function writeImagesFile({ imagesFile }: Pick<AgentPaths, 'imagesFile'>, signed: Signed): void {
  writeStateFile(imagesFile, `${JSON.stringify(signed)}\n`)
}

/**
 * When the last list was issued, and a hash of what it lists, for the controller. Nothing is believed because of it. Of a damaged
 * list, it is the hash of no list, so that the controller sends its list again, also an empty one.
 */
export function knownImages(paths: Pick<AgentPaths, 'imagesFile'>): { issuedAt: string; sha256: string } | undefined {
  try {
    const { issuedAt, images } = JSON.parse(readImagesFile(paths)?.payload ?? '') as Images
    return { issuedAt: new Date(issuedAt).toISOString(), sha256: hashOfImages(images) }
  } catch {
    return existsSync(paths.imagesFile) ? { issuedAt: new Date(0).toISOString(), sha256: NO_LIST } : undefined
  }
}

/** The sum of nothing, which no list has. */
const NO_LIST = hash('sha256', '')

/** Whether people added any to the cluster. */
export function hasImages(paths: Pick<AgentPaths, 'imagesFile'>): boolean {
  const known = knownImages(paths)
  return known !== undefined && known.sha256 !== hashOfImages([])
}

export function readBrought({ addedImagesFile }: Pick<AgentPaths, 'addedImagesFile'>): BroughtImage[] {
  const found = read<BroughtImage[]>(addedImagesFile)
  return Array.isArray(found) ? found.slice(0, MOST_IMAGES) : []
}

/** Returns whether it says something new. */
export function writeBrought(
  { addedImagesFile }: Pick<AgentPaths, 'addedImagesFile'>,
  images: readonly BroughtImage[],
): boolean {
  const text = `${JSON.stringify(images)}\n`
  const before = readIfThere(addedImagesFile)
  if (before === text || (before === undefined && images.length === 0)) return false
  writeStateFile(addedImagesFile, text)
  return true
}

function read<T>(path: string): T | undefined {
  try {
    return JSON.parse(readIfThere(path) ?? '') as T
  } catch {
    return undefined
  }
}
