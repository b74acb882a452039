import { advice, command, remarked } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { Location } from '../../host/files/locate.ts'
import type { FileStat } from '../../host/host.ts'
import { isReadOnly, type Mount } from '../../host/parse/mountinfo.ts'
import type { WrittenPath } from './paths.ts'
import { judgeFileSystem } from './unfit.ts'

/** A path that the node writes to, as found on this machine. */
export interface SeenPath extends WrittenPath, Location {
  /** Of the real path; undefined if it does not exist yet. */
  stat: FileStat | undefined
  /** Version of the kernel module; undefined if it is not loaded. */
  zfsVersion: string | undefined
}

export function judgePath(seen: SeenPath): Finding[] {
  if (seen.real === undefined)
    return [
      {
        kind: 'fail',
        found: `${seen.path} is a symbolic link to itself`,
        wanted: 'a directory',
        fix: command`rm ${seen.path}`,
      },
    ]
  if (seen.stat !== undefined && seen.stat.kind !== 'directory')
    return [
      {
        kind: 'fail',
        found: `${seen.path} is a ${seen.stat.kind}`,
        wanted: 'a directory',
        fix: remarked(command`mv ${seen.path} ${`${seen.path}.old`}`, 'after checking what it is'),
      },
    ]
  return [
    ...(seen.mount === undefined ? [] : judgeMount(seen, seen.mount)),
    ...judgeLink(seen, seen.real),
    ...judgeInodes(seen),
  ]
}

function judgeMount(seen: SeenPath, mount: Mount): Finding[] {
  const { path, executable } = seen
  const { mountPoint, fileSystem } = mount
  if (isReadOnly(mount))
    return [
      {
        kind: 'fail',
        found: `${path} is read-only (${fileSystem} on ${mountPoint})`,
        wanted: `${path} is writable`,
        fix: readOnlyFix(path, mountPoint),
      },
    ]
  const findings: Finding[] = []
  if (executable !== undefined && mount.options.includes('noexec'))
    findings.push({
      kind: executable === 'of Kubernetes' ? 'fail' : 'warn',
      found: `${path} is on a file system mounted noexec (${mountPoint})`,
      wanted: `a mount of ${path} without noexec`,
      fix: remarked(command`mount -o remount,exec ${mountPoint}`, 'and remove noexec from its line in /etc/fstab'),
    })
  return [...findings, ...judgeFileSystem(seen, fileSystem, seen.zfsVersion)]
}

/** On an immutable distribution a writable directory is mounted over /usr/local. */
function readOnlyFix(path: string, mountPoint: string): string {
  if (!path.startsWith('/usr/'))
    return remarked(command`mount -o remount,rw ${mountPoint}`, 'if that fails, look at: dmesg | tail')
  return remarked(
    command`mkdir -p /var/local && mount --bind /var/local /usr/local && mkdir -p ${path}`,
    `and add a mount unit for the next boot; on a machine that is not immutable: ${command`mount -o remount,rw ${mountPoint}`}`,
  )
}

/** fstab(5) writes a space as \\040. */
function inFstab(path: string): string {
  return path.replace(/[\s\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

/** The kubelet compares volume paths with mount points, which contain no symbolic links. A bind mount avoids the link. */
function judgeLink({ path, real, lasting }: SeenPath, target: string): Finding[] {
  if (!lasting || real === path) return []
  return [
    {
      kind: 'warn',
      found: `${path} is a link to ${target}`,
      wanted: 'a directory or a mount point',
      fix: command`rm ${path} && mkdir -p ${[path, target]} && echo ${`${inFstab(target)} ${inFstab(path)} none bind 0 0`} >> /etc/fstab && mount ${path}`,
    },
  ]
}

/** Fewer free inodes than needed are a warning; fewer than the needed ones divided by this are a failure. */
export const FAIL_SHARE = 5

/** File systems that allocate inodes on demand (btrfs) report 0 in total. */
function judgeInodes({ path, inodes, space: { totalInodes, freeInodes } }: SeenPath): Finding[] {
  if (inodes === undefined || totalInodes === 0 || freeInodes >= inodes) return []
  return [
    {
      kind: freeInodes < inodes / FAIL_SHARE ? 'fail' : 'warn',
      found: `${freeInodes} free inodes for ${path}`,
      wanted: `${inodes}`,
      fix: advice(
        `remove many small files (see: du --inodes -xd2 / | sort -n | tail), or mount a separate disk at ${path}`,
      ),
    },
  ]
}
