import { dirname, join } from 'node:path/posix'
import type { FileStat, HostView } from '../host.ts'
import type { Trust } from './trust.ts'

const MOST_LINKS = 40

export interface UntrustedPlace {
  /** The directory or link on the way. */
  path: string
  kind: FileStat['kind']
  /** Why it is not trusted, e.g. `belongs to user 1000`. */
  why: string
}

/**
 * A directory or link on the way to a path through which an untrusted user could replace the file there; undefined if there
 * is none. Checked from the root downwards, so that what was checked cannot change. In a directory with the sticky bit, such
 * as /tmp, only the owner of a file can replace it.
 */
export async function untrustedPlace(
  path: string,
  { uids, trustsGroup }: Pick<Trust, 'uids' | 'trustsGroup'>,
  view: Pick<HostView, 'stat' | 'readLink'>,
): Promise<UntrustedPlace | undefined> {
  const ahead = namesOf(path)
  let at = '/'
  for (let links = 0; ahead.length > 1; ) {
    const name = ahead.shift() ?? ''
    const next = name === '..' ? dirname(at) : join(at, name)
    const stat = await view.stat(next)
    // Reading the file reports that it does not exist.
    if (stat === undefined) return undefined
    const { kind } = stat
    if (!uids.has(stat.uid)) return { path: next, kind, why: `belongs to user ${stat.uid}` }
    if (kind !== 'symlink') {
      if (mayBeWritten(stat, trustsGroup))
        return { path: next, kind, why: `is writable by others (mode ${modeText(stat)})` }
      at = next
      continue
    }
    links += 1
    if (links > MOST_LINKS) return { path: next, kind, why: 'leads nowhere' }
    const target = (await view.readLink(next)) ?? ''
    ahead.unshift(...namesOf(target))
    if (target.startsWith('/')) at = '/'
  }
  return undefined
}

export function modeText({ mode }: Pick<FileStat, 'mode'>): string {
  return mode.toString(8).padStart(4, '0')
}

function mayBeWritten({ mode, gid }: FileStat, trustsGroup: Trust['trustsGroup']): boolean {
  const isSticky = (mode & 0o1000) !== 0
  return !isSticky && ((mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !trustsGroup(gid)))
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}
