import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { checksumsOf, isChecksumFile } from '../upstream/checksums.ts'
import { hashOf } from './hash.ts'
import type { Tree } from './tree.ts'

const MAX_CHECKSUM_BYTES = 1024 * 1024

/** Compares a file with all checksums of it in the same directory. Returns what is wrong. */
export async function checksumProblem(tree: Tree, path: string): Promise<string | undefined> {
  const beside = tree.files.filter((each) => dirname(each) === dirname(path) && isChecksumFile(basename(each)))
  for (const file of beside) {
    if ((await stat(join(tree.root, file))).size > MAX_CHECKSUM_BYTES) continue
    const text = await readFile(join(tree.root, file), 'utf8')
    const checksums = checksumsOf(basename(path), basename(file), text)
    if (checksums.length === 0 && basename(file).startsWith(`${basename(path)}.`)) {
      return `its checksum file ${basename(file)} contains no checksum of it`
    }
    for (const { algorithm, hex } of checksums) {
      const found = await hashOf(join(tree.root, path), algorithm)
      if (found !== hex) return `its ${algorithm} is ${found}; wanted ${hex}, as in ${basename(file)}`
    }
  }
  return undefined
}
