import { type Advice, advice } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { WrittenPath } from './paths.ts'

/** Shared with other machines, or a program of its own. */
const NETWORK =
  /^(nfs4?|cifs|smb3?|smbfs|ceph|glusterfs|lustre|gpfs|beegfs|ocfs2|gfs2|afs|coda|pvfs2|9p|virtiofs|fuse|fuse\..+)$/
/** Of other systems: no owners, no modes, no sockets. */
const FOREIGN = /^(vfat|msdos|exfat|ntfs3?|fuseblk|hfs|hfsplus|udf)$/
const STACKED = /^(overlay|aufs|ecryptfs)$/
const IN_MEMORY = ['tmpfs', 'ramfs']
export const ZFS_WITH_LAYERS = [2, 2]

/** What lies at a path, as far as not every file system can hold it. */
export function judgeFileSystem(path: WrittenPath, fileSystem: string, zfsVersion: string | undefined): Finding[] {
  const own = { wanted: 'ext4, XFS or btrfs', fix: advice(`give ${path.path} a disk of its own with ext4 or XFS`) }
  const say = (kind: Finding['kind'], why: string, fix: Finding['fix'] = own.fix): Finding[] => [
    { kind, found: `${path.path} is on ${fileSystem}, ${why}`, wanted: own.wanted, fix },
  ]
  const isShared = NETWORK.test(fileSystem)
  const isForeign = FOREIGN.test(fileSystem)
  const isStacked = STACKED.test(fileSystem)
  if (path.layers && (isShared || isForeign || isStacked)) return say('fail', 'which cannot hold layers of images')
  if (path.layers && fileSystem === 'zfs') return judgeZfs(say, zfsVersion, own.fix)
  if (path.lasting && IN_MEMORY.includes(fileSystem))
    return [
      {
        kind: 'warn',
        found: `${path.path} is in memory (${fileSystem})`,
        wanted: 'a disk: what lies there must outlast a restart',
        fix: own.fix,
      },
    ]
  switch (path.holds) {
    case 'a database':
      if (isShared) return say('fail', 'where a write that is reported done may not be on a disk, nor a lock hold')
      if (isForeign) return say('fail', 'which has no owners and modes')
      return isStacked ? say('warn', 'a layer that may not outlast a restart') : []
    case 'pods':
      if (isForeign) return say('fail', 'which has no owners, modes and sockets')
      if (isShared) return say('warn', 'where files that a pod has open cannot be removed, and others may write, too')
      return isStacked ? say('warn', 'a layer that may not outlast a restart') : []
    default:
      return []
  }
}

type Say = (kind: Finding['kind'], why: string, fix?: Finding['fix']) => Finding[]

/** OpenZFS takes overlayfs on top since 2.2.0 (its release notes). */
function judgeZfs(say: Say, version: string | undefined, ownDisk: Advice): Finding[] {
  const [major = 0, minor = 0] =
    /^\d+\.\d+/
      .exec(version ?? '')?.[0]
      .split('.')
      .map(Number) ?? []
  const [wantedMajor = 0, wantedMinor = 0] = ZFS_WITH_LAYERS
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return []
  const upgrade = advice(`upgrade OpenZFS to 2.2 or newer, or ${ownDisk.text}`)
  if (version === undefined)
    return say('warn', 'which holds layers of images since OpenZFS 2.2: its version is unknown', upgrade)
  return say('fail', `which holds layers of images since OpenZFS 2.2 (this is ${version})`, upgrade)
}
