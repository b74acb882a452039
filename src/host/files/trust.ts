import type { HostView } from '../host.ts'

/** Users and groups that may own files that this process reads: root, its own user, and the caller of sudo. */
export interface Trust {
  uids: ReadonlySet<number>
  /** Whether the group has only trusted members. */
  trustsGroup(gid: number): boolean
  /** Prefix of commands in a fix. */
  sudo: '' | 'sudo '
}

/** sudo(8) sets it for the command that it starts. Ignored without root. */
export type SudoEnvironment = { SUDO_UID?: string | undefined }

export async function trustOf(
  view: Pick<HostView, 'uid' | 'read'>,
  { SUDO_UID = '' }: SudoEnvironment,
): Promise<Trust> {
  const caller = view.uid() === 0 && /^\d+$/.test(SUDO_UID) ? Number(SUDO_UID) : undefined
  const uids = new Set([0, view.uid(), ...(caller === undefined ? [] : [caller])])
  const [users, groups] = await Promise.all(['/etc/passwd', '/etc/group'].map((path) => entriesOf(view, path)))
  return { uids, trustsGroup: (gid) => isPrivate(gid, uids, users ?? [], groups ?? []), sudo: caller ? 'sudo ' : '' }
}

/** A group that is not in /etc/group, for example in LDAP, counts as private if its id is a trusted user id, as with useradd. */
function isPrivate(gid: number, uids: ReadonlySet<number>, users: string[][], groups: string[][]): boolean {
  const group = groups.find(([, , id]) => Number(id) === gid)
  const primary = users.filter(([, , , id]) => Number(id) === gid)
  if (group === undefined && primary.length === 0) return uids.has(gid)
  const names = (group?.[3] ?? '').split(',').filter((name) => name !== '')
  const members = names.map((name) => users.find(([user]) => user === name))
  return [...primary, ...members].every((user) => user !== undefined && uids.has(Number(user[2])))
}

/** passwd(5) and group(5): fields between colons. */
async function entriesOf(view: Pick<HostView, 'read'>, path: string): Promise<string[][]> {
  return ((await view.read(path)) ?? '').split('\n').map((line) => line.split(':'))
}
