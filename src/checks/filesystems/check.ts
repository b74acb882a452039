import type { Check, CheckParams, Verdict } from '../../engine/checks/check.ts'
import { type Finding, verdictOf } from '../../engine/checks/findings.ts'
import { judgedRoles } from '../../engine/checks/judged-roles.ts'
import { whereItLies } from '../../host/files/where-it-lies.ts'
import type { HostView } from '../../host/host.ts'
import { type Mount, mountOf, parseMountinfo } from '../../host/parse/mountinfo.ts'
import { FAIL_SHARE, judgePath, type SeenPath } from './judge.ts'
import { WRITTEN_PATHS, type WrittenPath } from './paths.ts'
import { ZFS_WITH_LAYERS } from './unfit.ts'
import { judgeXfs } from './xfs.ts'

export const check: Check = {
  id: 'filesystems',
  title: 'File systems written to',
  hard: true,
  why: 'Every path that is written to must be a directory that can be written to, where programs lie without noexec, with inodes left, and for layers of images on a file system that can hold them (XFS with ftype=1, ZFS since 2.2). etcd and the kubelet need a disk of this machine. Data directories that are links are a warning.',
  remedy:
    'Remount the file system as the check says (rw, exec), use a bind mount in place of a link, or give the path a disk of its own with ext4 or XFS.',
  thresholds: [
    ...WRITTEN_PATHS.flatMap(({ path, inodes }) =>
      inodes === undefined
        ? []
        : [{ of: `free inodes for ${path}`, warn: `fewer than ${inodes}`, fail: `fewer than ${inodes / FAIL_SHARE}` }],
    ),
    { of: 'version of ZFS', fail: `older than ${ZFS_WITH_LAYERS.join('.')}` },
  ],
  timeoutMs: 15_000,
  async look(host: HostView, { roles, ownStateDirectory }: CheckParams): Promise<Verdict> {
    const { must, may } = judgedRoles(roles)
    const mounts = parseMountinfo((await host.read('/proc/self/mountinfo')) ?? '')
    const ofRole = WRITTEN_PATHS.filter((path) => path.roles.some((role) => must.includes(role) || may.includes(role)))
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
  const lies = await whereItLies(host, path.path, mounts)
  return { ...path, ...lies, stat: await host.stat(lies.real ?? path.path) }
}

/** systemd makes it so at boot; without it, what a pod mounts for others stays unseen. */
function judgePropagation(mounts: readonly Mount[]): Finding[] {
  const root = mountOf('/', mounts)
  if (root === undefined || root.shared) return []
  return [{ kind: 'warn', found: '/ is a private mount', wanted: 'a shared one', fix: 'mount --make-rshared /' }]
}
