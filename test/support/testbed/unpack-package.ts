import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { debianPackage } from './debian-package.ts'
import { execOk, type Node } from './machine.ts'
import { must } from './run.ts'

/** Unpacks the files of a Debian package in a node, without running its scripts or starting its services. */
export async function unpackPackage(node: Node, name: string, signal?: AbortSignal): Promise<void> {
  const directory = await debianPackage(name, signal)
  const archive = join(node.directory, `${name}.tar`)
  await must(['tar', '-C', directory, '-cf', archive, '--exclude=*.deb', '.'])
  const file = await open(archive)
  try {
    // Directories such as /lib are links in the node, but directories in a package.
    const unpack = ['tar', '-C', '/', '-x', '--no-same-owner', '--no-overwrite-dir', '--keep-directory-symlink']
    await execOk(node, unpack, { stdin: file.fd, timeoutMs: 30_000 })
  } finally {
    await file.close()
    await rm(archive)
  }
}
