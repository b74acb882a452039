import { constants } from 'node:fs'
import { lchown, lstat, open, readdir } from 'node:fs/promises'

/**
 * Gives root's files and directories in a tree to another user. Follows no links below the top: each directory is opened, and
 * its entries are named through its descriptor, so that nobody can put another directory in its place meanwhile.
 */
export async function giveTree(directory: string, owner: { uid: number; gid: number }): Promise<void> {
  await give(directory, constants.O_DIRECTORY, owner)
}

async function give(path: string, flags: number, owner: { uid: number; gid: number }): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | flags)
  try {
    const here = `/proc/self/fd/${handle.fd}`
    for (const name of await readdir(here)) {
      const entry = `${here}/${name}`
      const stat = await lstat(entry)
      // A hard link could be that of another file of root.
      if (stat.uid === 0 && (stat.isDirectory() || stat.nlink === 1)) await lchown(entry, owner.uid, owner.gid)
      if (stat.isDirectory()) await give(entry, constants.O_DIRECTORY | constants.O_NOFOLLOW, owner)
    }
  } finally {
    await handle.close()
  }
}
