import type { FileStat, HostView } from '../host.ts'

/**
 * Whether the file at a path is ours alone: a regular file of our own user and group, with the mode wanted, and without a
 * second name. Another user's file stays his to write, whatever lies at the path; so does root's under a name of his.
 */
export function isOwnFile(stat: FileStat | undefined, mode: number, view: Pick<HostView, 'uid'>): stat is FileStat {
  if (stat?.kind !== 'file' || stat.mode !== mode || stat.links !== 1) return false
  const uid = view.uid()
  return stat.uid === uid && (uid !== 0 || stat.gid === 0)
}
