import { STANDARD } from '../../base/layout.ts'
import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { type Finding, verdictOf } from '../../engine/checks/findings.ts'
import { judgedRoles } from '../../engine/checks/judged-roles.ts'
import { locate } from '../../host/files/locate.ts'
import { readMounts } from '../../host/files/read-mounts.ts'
import type { HostView } from '../../host/host.ts'
import { type Mount, mountOf } from '../../host/parse/mountinfo.ts'
import { FAIL_SHARE, judgePath, type SeenPath } from './judge.ts'
import { type WrittenPath, writtenPaths } from './paths.ts'
import { ZFS_WITH_LAYERS } from './unfit.ts'
import { judgeXfs } from './xfs.ts'

export const check: Check = {
  id: 'filesystems',
  title: 'File systems',
  hard: true,
  why: 'Each path that the node writes to must be a writable directory with free inodes. Programs need a mount without noexec. Image layers need a file system that supports them (XFS with ftype=1, ZFS 2.2 or newer). etcd and the kubelet need a local disk. A data directory that is a symbolic link is a warning.',
  remedy:
    'Remount the file system as the check says (rw, exec), replace a link with a bind mount, or mount a separate disk with ext4 or XFS at the path.',
  thresholds: [
    ...writtenPaths(STANDARD).flatMap(({ path, inodes }) =>
      inodes === undefined
        ? []
        : [{ of: `free inodes for ${path}`, warn: `fewer than ${inodes}`, fail: `fewer than ${inodes / FAIL_SHARE}` }],
    ),
    { of: 'version of ZFS', fail: `older than ${ZFS_WITH_LAYERS.join('.')}` },
  ],
  timeoutMs: 15_000,
  async look(host: HostView, { roles, ownStateDirectory }: CheckParams): Promise<Verdict> {
    const { must, may } = judgedRoles(roles)
    const mounts = await readMounts(host)
    const ofRole = writtenPaths(host.layout).filter((path) =>
      path.roles.some((role) => must.includes(role) || may.includes(role)),
    )
    const own: WrittenPath = { path: ownStateDirectory, roles, lasting: true }
    const zfsVersion = (await host.read('/sys/module/zfs/version'))?.trim()
    const seen = await Promise.all(
      [...ofRole, own].map(async (path) => ({ ...(await see(host, path, mounts)), zfsVersion })),
    )
    const findings = [...seen.flatMap(judgePath), ...(await judgeXfs(host, seen)), ...judgePropagation(mounts)]
    const kinds = new Set(seen.flatMap(({ mount }) => mount?.fileSystem ?? []))
    return verdictOf(findings, `${seen.length} directories on ${[...kinds].join(', ') || 'file systems unknown'}`)
  },
}

async function see(host: HostView, path: WrittenPath, mounts: readonly Mount[]): Promise<Omit<SeenPath, 'zfsVersion'>> {
  const location = await locate(host, path.path, mounts)
  return { ...path, ...location, stat: await host.stat(location.real ?? path.path) }
}

/** systemd makes / shared at boot; without that, other pods do not see what a pod mounts. */
function judgePropagation(mounts: readonly Mount[]): Finding[] {
  const root = mountOf('/', mounts)
  if (root === undefined || root.shared) return []
  return [{ kind: 'warn', found: 'the mount of / is private', wanted: 'a shared mount', fix: 'mount --make-rshared /' }]
}
