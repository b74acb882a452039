import type { HostView } from '../host.ts'

export const CGROUPS = '/sys/fs/cgroup'

/** Mount points of the control group hierarchies; with cgroup v2 there is one. */
export async function cgroupHierarchies(view: HostView): Promise<string[]> {
  const isUnified = (await view.stat(`${CGROUPS}/cgroup.controllers`)) !== undefined
  return isUnified ? [CGROUPS] : subdirectories(view, CGROUPS)
}

/** Ignores symbolic links. */
export async function subdirectories(view: HostView, path: string): Promise<string[]> {
  const paths = ((await view.list(path)) ?? []).map((name) => `${path}/${name}`)
  const stats = await Promise.all(paths.map((one) => view.stat(one)))
  return paths.filter((_, index) => stats[index]?.kind === 'directory')
}
