import { readdir, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { PieceList } from '../../../protocol/api/delivery/pieces.ts'

/** Where a node keeps pieces of a bundle, below the directory of its files. */
export const piecesDirectory = (bundleDirectory: string): string => join(bundleDirectory, 'pieces')

/** Removes the pieces of files that the node does not keep, and all pieces of other bundles. */
export async function discardPieces(
  bundleDirectory: string,
  list: PieceList | undefined,
  isKept: (file: PieceList['files'][number]) => Promise<boolean>,
): Promise<void> {
  const bundles = dirname(bundleDirectory)
  for (const name of await readdir(bundles)) {
    const other = join(bundles, name)
    if (other !== bundleDirectory) await rm(piecesDirectory(other), { recursive: true, force: true })
  }
  const directory = piecesDirectory(bundleDirectory)
  if (!list) return rm(directory, { recursive: true, force: true })
  const own = join(directory, list.id)
  const left = await readdir(own)
  for (const name of left) {
    const file = list.files[Number(name)]
    if (!file || !(await isKept(file))) await rm(join(own, name))
  }
  if ((await readdir(own)).length > 0) return
  await rmdir(own)
  await rmdir(directory)
}
