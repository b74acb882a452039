import type { Stats } from 'node:fs'
import type { LocalAct } from '../../../controller/audit/local/local-acts.ts'
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

/**
 * Changes the data of a controller: the audit log has it, and what root wrote is given to the user of the service. `action`: an id
 * like those of routes.
 */
export async function changeData<T>(data: string, act: Omit<LocalAct<T>, 'by'>): Promise<T> {
  const owner = process.getuid?.() === 0 ? await serviceUserOf(data) : undefined
  const { noteLocalAct } = await import('../../../controller/audit/local/local-acts.ts')
  try {
    return await noteLocalAct(data, { ...act, by: localUser(process.env) }, () => new Date())
  } finally {
    if (owner && owner.uid !== 0) {
      const { giveTree } = await import('../../../host/linux/files/give-tree.ts')
      await giveTree(data, owner)
    }
  }
}

/** Whoever became root by sudo is named; the number is that of the process. */
function localUser({ SUDO_USER, USER }: NodeJS.ProcessEnv): LocalAct<unknown>['by'] {
  const uid = process.getuid?.() ?? -1
  const name = uid === 0 ? (SUDO_USER ?? 'root') : (USER ?? String(uid))
  return { name, uid: String(uid) }
}
