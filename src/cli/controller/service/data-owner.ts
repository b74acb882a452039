import type { Stats } from 'node:fs'
import { PRIVATE } from './installation.ts'

/**
 * The user who owns a data directory in /var/lib/private: that of the service. Only root can enter that directory, and systemd
 * gives what is below to the users of services, so root can trust what the controller has written there.
 */
export async function serviceUserOf(directory: string): Promise<Stats | undefined> {
  const { realpathSync, statSync } = await import('node:fs')
  try {
    const path = realpathSync(directory)
    const parent = statSync(PRIVATE)
    const isOfService = path.startsWith(`${PRIVATE}/`) && parent.uid === 0 && (parent.mode & 0o077) === 0
    return isOfService ? statSync(`${PRIVATE}/${path.slice(PRIVATE.length + 1).split('/', 1)[0]}`) : undefined
  } catch {
    // It does not exist, or only root can see it.
    return undefined
  }
}

/** Runs work of root on the data of a controller, and gives what it wrote to the user of the service. */
export async function asServiceUser<T>(data: string, work: () => Promise<T>): Promise<T> {
  const owner = process.getuid?.() === 0 ? await serviceUserOf(data) : undefined
  try {
    return await work()
  } finally {
    if (owner && owner.uid !== 0) {
      const { giveTree } = await import('../../../host/linux/files/give-tree.ts')
      await giveTree(data, owner)
    }
  }
}
