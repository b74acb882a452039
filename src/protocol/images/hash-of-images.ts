import { createHash } from 'node:crypto'
import type { ListedImage } from '../wire/lists/images.ts'

/** Of a list: the agent tells the controller which one it has. */
export function hashOfImages(images: readonly ListedImage[]): string {
  return createHash('sha256').update(JSON.stringify(images)).digest('hex')
}
