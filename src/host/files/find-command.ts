import type { HostView } from '../host.ts'
import { realPath } from './real-path.ts'

/** Where a service looks for programs, and where distributions that keep /usr to themselves have theirs. */
export const PROGRAM_DIRECTORIES = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/opt/bin',
  '/run/current-system/sw/bin',
]

/** The path of a program that is there, not only a link to nothing. */
export async function findCommand(view: HostView, name: string): Promise<string | undefined> {
  const found = await Promise.all(
    PROGRAM_DIRECTORIES.map(async (directory) => {
      const path = `${directory}/${name}`
      if ((await view.stat(path)) === undefined) return undefined
      const real = await realPath(view, path)
      return real !== undefined && (await view.stat(real))?.kind === 'file' ? path : undefined
    }),
  )
  return found.find((path) => path !== undefined)
}
