import { dirname, join, normalize, resolve } from 'node:path/posix'
import type { HostView } from '../host.ts'

const MOST_LINKS = 40

/** The path with all symbolic links resolved; its last parts need not exist. Undefined for a circle of links. */
export async function realPath(view: Pick<HostView, 'readLink'>, path: string): Promise<string | undefined> {
  let links = 0
  const walk = async (from: string): Promise<string> => {
    if (from === '/') return from
    const parent = await walk(dirname(from))
    const here = join(parent, from.slice(from.lastIndexOf('/') + 1))
    const target = await view.readLink(here)
    if (target === undefined || ++links > MOST_LINKS) return here
    return walk(resolve(parent, target))
  }
  const found = await walk(normalize(path))
  return links > MOST_LINKS ? undefined : found
}
