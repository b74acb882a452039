import type { ImageArchive, ListedImage } from '../wire/lists/images.ts'

/** The archives of an image, for all architectures. */
export function archivesOf({ archives }: Pick<ListedImage, 'archives'>): ImageArchive[] {
  return Object.values(archives).filter((archive) => archive !== undefined)
}
