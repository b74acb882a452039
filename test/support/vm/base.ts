import { join } from 'node:path'
import { must } from '../testbed/run.ts'
import { cached } from './cached.ts'
import { debianTree, removeTree } from './debian-tree.ts'
import { PACKAGES, SUITE } from './image.ts'

/** What an image of machines needs besides: its first configuration, its network, and a login. */
const FOR_IMAGES = ['cloud-init', 'cloud-guest-utils', 'netplan.io', 'systemd-resolved', 'openssh-server']

/** A tar archive of a root directory from which images are made. Built once (about 2 minutes), then cached. */
export async function baseArchive(signal?: AbortSignal): Promise<string> {
  const packages = [...PACKAGES, ...FOR_IMAGES]
  const directory = await cached('base', [SUITE, packages], signal, async (partial) => {
    const tree = join(partial, 'tree')
    await debianTree(tree, SUITE, packages, signal)
    await must(['tar', '--create', '--xattrs', '--numeric-owner', '-f', join(partial, 'base.tar'), '-C', tree, '.'], {
      timeoutMs: 300_000,
    })
    await removeTree(tree)
  })
  return join(directory, 'base.tar')
}
