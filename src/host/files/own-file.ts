import type { FileStat, HostView } from '../host.ts'

/**
 * Whether only this process's user can change the file at a path: a regular file of the own user and group, with the given
 * mode, and without other hard links, through which another user could write it.
 */
export function isOwnFile(stat: FileStat | undefined, mode: number, view: Pick<HostView, 'uid'>): stat is FileStat {
  if (stat?.kind !== 'file' || stat.mode !== mode || stat.links !== 1) return false
  const uid = view.uid()
  return stat.uid === uid && (uid !== 0 || stat.gid === 0)
}
