import type { HostView } from '../host.ts'
import { realPath } from './real-path.ts'

/** The search path of services, and directories of distributions with a read-only /usr. */
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

/** The path of an installed program. Ignores dangling links. */
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
