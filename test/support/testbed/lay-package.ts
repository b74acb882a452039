import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { debianPackage } from './debian-package.ts'
import { execOk, type Node } from './machine.ts'
import { must } from './run.ts'

/** Lays the files of a Debian package into a node. None of its scripts runs, and nothing of it is started. */
export async function layPackage(node: Node, name: string, signal?: AbortSignal): Promise<void> {
  const directory = await debianPackage(name, signal)
  const archive = join(node.directory, `${name}.tar`)
  await must(['tar', '-C', directory, '-cf', archive, '--exclude=*.deb', '.'])
  const file = await open(archive)
  try {
    // /lib and the like are links in the node, and directories in a package.
    const unpack = ['tar', '-C', '/', '-x', '--no-same-owner', '--no-overwrite-dir', '--keep-directory-symlink']
    await execOk(node, unpack, { stdin: file.fd, timeoutMs: 30_000 })
  } finally {
    await file.close()
    await rm(archive)
  }
}
