import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { badBundle, hasCode } from '../error.ts'

const MAX_ENTRIES = 50_000

/** The files of a directory, and the directories in it that are images. Paths are relative, and sorted. */
export interface Tree {
  root: string
  files: readonly string[]
  images: readonly string[]
}

/** Reads a directory. Follows links to files, not to directories. */
export async function readTree(root: string): Promise<Tree> {
  const files: string[] = []
  const images: string[] = []
  const pending = ['']
  let count = 0
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const entries = await entriesOf(join(root, at))
    const names = entries.map(({ name }) => name)
    count += entries.length
    if (count > MAX_ENTRIES) {
      const fix = 'pass a directory with only the files of the bundle'
      throw badBundle('too-large', `found more than ${MAX_ENTRIES} files in ${root}`, fix)
    }
    if (await isImage(join(root, at), names)) {
      images.push(at)
      continue
    }
    for (const entry of entries) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`
      if (entry.isDirectory()) pending.push(path)
      else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(root, path))))) files.push(path)
    }
  }
  return { root, files: files.sort(), images: images.sort() }
}

/** The files at `HOST/PATH`, or else those with one of the names. */
export function findFiles(tree: Tree, names: readonly string[], place?: string): string[] {
  const inPlace = tree.files.filter((path) => place !== undefined && `/${path}`.endsWith(`/${place}`))
  return inPlace.length > 0 ? inPlace : tree.files.filter((path) => names.includes(basename(path)))
}

async function entriesOf(directory: string) {
  return readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    if (!hasCode(cause, 'ENOENT', 'ENOTDIR')) throw cause
    const fix = 'pass the directory with the files: --dir DIRECTORY'
    throw badBundle('missing-file', `found no directory ${directory}`, fix, cause)
  })
}

/** An OCI layout, or what skopeo writes for `dir:`. */
async function isImage(directory: string, names: readonly string[]): Promise<boolean> {
  if (names.includes('oci-layout') && names.includes('index.json')) return true
  if (!names.includes('version') || !names.includes('manifest.json')) return false
  return (await readFile(join(directory, 'version'), 'utf8')).startsWith('Directory Transport Version')
}

export function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
