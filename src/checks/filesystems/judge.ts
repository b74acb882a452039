import { advice, command, remarked } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { WhereItLies } from '../../host/files/where-it-lies.ts'
import type { FileStat } from '../../host/host.ts'
import { isReadOnly, type Mount } from '../../host/parse/mountinfo.ts'
import type { WrittenPath } from './paths.ts'
import { judgeFileSystem } from './unfit.ts'

/** A path that is written to, as it is on this machine. */
export interface SeenPath extends WrittenPath, WhereItLies {
  /** Of the real path; undefined where it is yet to be made. */
  stat: FileStat | undefined
  /** Of the kernel's module; undefined where there is none. */
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
      kind: executable === 'ours' ? 'fail' : 'warn',
      found: `${path} is on a file system mounted noexec (${mountPoint})`,
      wanted: `a mount of ${path} without noexec`,
      fix: remarked(command`mount -o remount,exec ${mountPoint}`, 'and remove noexec from its line in /etc/fstab'),
    })
  return [...findings, ...judgeFileSystem(seen, fileSystem, seen.zfsVersion)]
}

/** Where /usr belongs to the distribution, a directory that can be written to is laid over what we need of it. */
function readOnlyFix(path: string, mountPoint: string): string {
  if (!path.startsWith('/usr/'))
    return remarked(command`mount -o remount,rw ${mountPoint}`, 'if that fails, look at: dmesg | tail')
  return remarked(
    command`mkdir -p /var/local && mount --bind /var/local /usr/local && mkdir -p ${path}`,
    `and add a mount unit for the next boot; on a machine that is not immutable: ${command`mount -o remount,rw ${mountPoint}`}`,
  )
}

/** fstab(5) has blanks as \\040. */
function inFstab(path: string): string {
  return path.replace(/[\s\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

/** The kubelet compares paths of volumes with those of mounts, which have no link in them: a bind mount does the same and is none. */
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

/** Fewer free inodes than those wanted are a warning; fewer than one of so many parts of them, a failure. */
export const FAIL_SHARE = 5

/** File systems that make inodes as they need them (btrfs) say 0. */
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
