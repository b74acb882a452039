import { dirname, join } from 'node:path/posix'
import type { FileStat, HostView } from './host.ts'
import type { Trust } from './trust.ts'

const MOST_LINKS = 40

/**
 * Why somebody who is not trusted could put another file at a path: a directory or a link on the way there that he owns or
 * may write; undefined where nobody can. Looked at from the root downwards, as the kernel walks, so that what was judged
 * stays as it is. In a directory with the sticky bit, as /tmp, a name belongs to the owner of what it names.
 */
export async function untrustedPlace(
  path: string,
  { uids, gids }: Trust,
  view: Pick<HostView, 'stat' | 'readLink'>,
): Promise<string | undefined> {
  const ahead = namesOf(path)
  let at = '/'
  for (let links = 0; ahead.length > 1; ) {
    const name = ahead.shift() ?? ''
    const next = name === '..' ? dirname(at) : join(at, name)
    const stat = await view.stat(next)
    // That it is not there is told by whoever reads it.
    if (stat === undefined) return undefined
    if (!uids.has(stat.uid)) return `${stat.kind} ${next} belongs to user ${stat.uid}`
    if (stat.kind !== 'symlink') {
      if (mayBeWritten(stat, gids)) return `${stat.kind} ${next} may be written by others (mode ${modeText(stat)})`
      at = next
      continue
    }
    links += 1
    if (links > MOST_LINKS) return `${next} is a link that leads nowhere`
    const target = (await view.readLink(next)) ?? ''
    ahead.unshift(...namesOf(target))
    if (target.startsWith('/')) at = '/'
  }
  return undefined
}

export function modeText({ mode }: Pick<FileStat, 'mode'>): string {
  return mode.toString(8).padStart(4, '0')
}

function mayBeWritten({ mode, gid }: FileStat, gids: ReadonlySet<number>): boolean {
  const isSticky = (mode & 0o1000) !== 0
  return !isSticky && ((mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !gids.has(gid)))
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}
