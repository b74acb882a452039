import { lstat, readdir, readlink } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { ARCH, type Arch } from '../arch.ts'
import { badBundle, hasCode } from '../error.ts'
import { readElf } from './elf.ts'
import type { LayerEntry } from './image.ts'

/** A directory with programs and libraries of Debian or Ubuntu; `/` is the build host itself. */
export interface BaseSystem {
  root: string
  arch: Arch
}

/** The links of a merged /usr: all files of a layer are below /usr. */
export const USR_MERGED: ReadonlyArray<[string, LayerEntry]> = ['bin', 'sbin', 'lib', 'lib64'].map((name) => [
  `/${name}`,
  { target: `usr/${name}` },
])

/** Programs of the base system, by absolute path, with all libraries that they load and the dynamic loader. */
export async function programs(base: BaseSystem, paths: readonly string[]): Promise<Map<string, LayerEntry>> {
  const layer = new Map(USR_MERGED)
  for (const path of paths) {
    const file = await locate(base, path)
    if (!file) throw notThere(base, path)
    layer.set(merged(path), { file })
    await addLibraries(base, file, layer)
  }
  return layer
}

/** All shared objects in a directory of the base system, such as extensions that are loaded by name. */
export async function plugins(base: BaseSystem, directory: string): Promise<Map<string, LayerEntry>> {
  const found = await locate(base, directory)
  if (!found) throw notThere(base, directory)
  const names = (await readdir(found)).filter((name) => name.endsWith('.so'))
  return programs(
    base,
    names.map((name) => `${directory}/${name}`),
  )
}

/** Adds the libraries that an executable loads; throws `bundle/missing-library` if the base system lacks one. */
export async function addLibraries(base: BaseSystem, file: string, layer: Map<string, LayerEntry>): Promise<void> {
  const elf = await readElf(file)
  if (!elf) return
  const { triplet, elfMachine } = ARCH[base.arch]
  if (elf.machine !== elfMachine) {
    throw badBundle(
      'wrong-arch',
      `${file} is for another architecture; the bundle is for ${base.arch}`,
      `pass a file that is built for ${base.arch}`,
    )
  }
  const wanted = elf.needed.map((name) => `/usr/lib/${triplet}/${name}`)
  if (elf.interpreter) wanted.push(elf.interpreter)
  for (const path of wanted) {
    const place = merged(path)
    if (layer.has(place)) continue
    const library = (await locate(base, path)) ?? (await locate(base, `/usr/lib64/${posix.basename(path)}`))
    if (!library) throw notThere(base, path)
    layer.set(place, { file: library })
    await addLibraries(base, library, layer)
  }
}

/** The file for a path of the base system, below /usr or not. Symbolic links are resolved within the base system. */
async function locate(base: BaseSystem, path: string): Promise<string | undefined> {
  const plain = path.replace(/^\/usr\//, '/')
  for (const candidate of [`/usr${plain}`, plain]) {
    const found = await follow(base.root, candidate)
    if (found) return found
  }
  return undefined
}

async function follow(root: string, path: string, hops = 0): Promise<string | undefined> {
  const here = join(root, path)
  const found = await lstat(here).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  })
  if (!found?.isSymbolicLink()) return found && here
  if (hops > 10) return undefined
  return follow(root, posix.resolve(dirname(path), await readlink(here)), hops + 1)
}

function merged(path: string): string {
  return path.startsWith('/usr/') ? path : `/usr${path}`
}

function notThere(base: BaseSystem, path: string) {
  const where = base.root === '/' ? 'this host' : base.root
  return badBundle(
    'missing-library',
    `found no ${path} in ${where}`,
    'install the package that contains it and build again',
  )
}
