import { type Mount, mountOf } from './mountinfo.ts'

export const CGROUP_ROOT = '/sys/fs/cgroup'

/** A hybrid hierarchy counts as version 1, which has its controllers. Undefined if none is mounted. */
export function cgroupVersion(mounts: readonly Mount[]): 1 | 2 | undefined {
  if (mountOf(CGROUP_ROOT, mounts)?.fileSystem === 'cgroup2') return 2
  return mounts.some((mount) => mount.fileSystem === 'cgroup') ? 1 : undefined
}

/** Controllers that are enabled in /proc/cgroups, which lists version 1; see cgroups(7). */
export function parseEnabledControllers(text: string): Set<string> {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  const rows = lines.map((line) => line.split('\t'))
  return new Set(rows.filter(([, , , enabled]) => enabled?.trim() === '1').map(([name = '']) => name))
}
