import type { HostView } from './host.ts'

/** Users and groups who may stand behind what we read as we are: root, ourselves, and whoever called sudo. */
export interface Trust {
  uids: ReadonlySet<number>
  /** Groups with nobody else in them. */
  gids: ReadonlySet<number>
  /** Before a command in a fix. */
  sudo: '' | 'sudo '
}

/** sudo(8) sets both for the command it starts; without root they say nothing. */
export type SudoEnvironment = { SUDO_UID?: string | undefined; SUDO_GID?: string | undefined }

export async function trustOf(view: Pick<HostView, 'uid' | 'read'>, environment: SudoEnvironment): Promise<Trust> {
  const { SUDO_UID, SUDO_GID } = environment
  const caller = view.uid() === 0 && /^\d+$/.test(SUDO_UID ?? '') ? Number(SUDO_UID) : undefined
  const uids = new Set([0, view.uid(), ...(caller === undefined ? [] : [caller])])
  const gids = new Set([0])
  for (const uid of uids) {
    const gid = await privateGroupOf(uid, uid === caller ? Number(SUDO_GID) : undefined, view)
    if (gid !== undefined) gids.add(gid)
  }
  return { uids, gids, sudo: caller === undefined ? '' : 'sudo ' }
}

/** A group of one's own, as useradd makes it; a user whom only a directory service knows has it under his own number. */
async function privateGroupOf(uid: number, given: number | undefined, view: Pick<HostView, 'read'>) {
  const users = entriesOf(await view.read('/etc/passwd'))
  const own = users.find(([, , id]) => Number(id) === uid)
  const gid = own ? Number(own[3]) : given === uid ? given : undefined
  if (gid === undefined) return undefined
  const members = entriesOf(await view.read('/etc/group')).find(([, , id]) => Number(id) === gid)?.[3]
  const others = (members ?? '').split(',').filter((name) => name !== '' && name !== own?.[0])
  const isShared = users.some(([, , id, group]) => Number(group) === gid && Number(id) !== uid)
  return others.length > 0 || isShared ? undefined : gid
}

/** passwd(5) and group(5): fields between colons. */
function entriesOf(text = ''): string[][] {
  return text.split('\n').map((line) => line.split(':'))
}
