import { join } from 'node:path'
import { cached } from './cached.ts'
import { debianTree } from './debian-tree.ts'

/** qemu of Debian 13 (10.0), which is twice as fast at emulated hashing as that of Debian 12. */
const SUITE = 'trixie'
const PACKAGES = ['qemu-system-x86', 'qemu-utils']

/** The commands that start qemu's programs. */
export interface Emulator {
  readonly system: readonly string[]
  readonly img: readonly string[]
}

/** qemu from a separate Debian tree in the cache, run with the loader and libraries of that tree. Nothing is installed on the host. */
export async function emulator(signal?: AbortSignal): Promise<Emulator> {
  const directory = await cached('qemu', [SUITE, PACKAGES], signal, (partial) =>
    debianTree(join(partial, 'tree'), SUITE, PACKAGES, signal),
  )
  const inTree = (path: string) => join(directory, 'tree', path)
  const libraries = inTree('usr/lib/x86_64-linux-gnu')
  const start = (program: string) => [
    ...['env', `QEMU_MODULE_DIR=${libraries}/qemu`],
    ...[inTree('usr/lib64/ld-linux-x86-64.so.2'), '--library-path', libraries, inTree(`usr/bin/${program}`)],
  ]
  return {
    system: [...start('qemu-system-x86_64'), '-L', inTree('usr/share/qemu'), '-L', inTree('usr/share/seabios')],
    img: start('qemu-img'),
  }
}
