import type { DiskSpace, HostView } from '../host.ts'
import { type Mount, mountOf } from '../parse/mountinfo.ts'
import { realPath } from './real-path.ts'

/** Where a path is stored; its last parts need not exist. */
export interface Location {
  /** With links resolved; undefined for a circle of links. */
  real: string | undefined
  mount: Mount | undefined
  space: DiskSpace
}

/** Resolves links first, because they may lead to another mount. */
export async function locate(view: HostView, path: string, mounts: readonly Mount[]): Promise<Location> {
  const real = await realPath(view, path)
  return { real, mount: mountOf(real ?? path, mounts), space: await view.diskSpace(real ?? '/') }
}
