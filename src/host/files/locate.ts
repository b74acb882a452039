import type { DiskSpace, HostView } from '../host.ts'
import { type Mount, mountOf } from '../parse/mountinfo.ts'
import { realPath } from './real-path.ts'

/** Where a path leads to, whether its end is there yet or not. */
export interface Location {
  /** With links followed; undefined in a circle of links. */
  real: string | undefined
  mount: Mount | undefined
  space: DiskSpace
}

/** By the path with its links followed: its text alone may name another mount than the one that it is on. */
export async function locate(view: HostView, path: string, mounts: readonly Mount[]): Promise<Location> {
  const real = await realPath(view, path)
  return { real, mount: mountOf(real ?? path, mounts), space: await view.diskSpace(real ?? '/') }
}
