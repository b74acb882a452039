import { type Advice, advice } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { WrittenPath } from './paths.ts'

/** Shared with other machines, or served by a program (FUSE). */
const NETWORK =
  /^(nfs4?|cifs|smb3?|smbfs|ceph|glusterfs|lustre|gpfs|beegfs|ocfs2|gfs2|afs|coda|pvfs2|9p|virtiofs|fuse|fuse\..+)$/
/** File systems of other operating systems: without owners, modes and sockets. */
const FOREIGN = /^(vfat|msdos|exfat|ntfs3?|fuseblk|hfs|hfsplus|udf)$/
const STACKED = /^(overlay|aufs|ecryptfs)$/
const IN_MEMORY = ['tmpfs', 'ramfs']
export const ZFS_WITH_LAYERS = [2, 2]

/** Findings if the file system does not support what the node writes to the path. */
export function judgeFileSystem(path: WrittenPath, fileSystem: string, zfsVersion: string | undefined): Finding[] {
  const own = { wanted: 'ext4, XFS or btrfs', fix: advice(`use a separate disk with ext4 or XFS for ${path.path}`) }
  const say = (kind: Finding['kind'], why: string, fix: Finding['fix'] = own.fix): Finding[] => [
    { kind, found: `${path.path} is on ${fileSystem}, ${why}`, wanted: own.wanted, fix },
  ]
  const isShared = NETWORK.test(fileSystem)
  const isForeign = FOREIGN.test(fileSystem)
  const isStacked = STACKED.test(fileSystem)
  if (path.layers && (isShared || isForeign || isStacked)) return say('fail', 'which does not support image layers')
  if (path.layers && fileSystem === 'zfs') return judgeZfs(say, zfsVersion, own.fix)
  if (path.lasting && IN_MEMORY.includes(fileSystem))
    return [
      {
        kind: 'warn',
        found: `${path.path} is in memory (${fileSystem})`,
        wanted: 'a disk: the data must survive a restart',
        fix: own.fix,
      },
    ]
  switch (path.holds) {
    case 'a database':
      if (isShared) return say('fail', 'which does not guarantee durable writes and locks')
      if (isForeign) return say('fail', 'which does not store owners and modes')
      return isStacked ? say('warn', 'a layer that may be lost on restart') : []
    case 'pods':
      if (isForeign) return say('fail', 'which does not support owners, modes and sockets')
      if (isShared) return say('warn', 'which keeps files that a pod has open, and which other machines can write to')
      return isStacked ? say('warn', 'a layer that may be lost on restart') : []
    default:
      return []
  }
}

type Say = (kind: Finding['kind'], why: string, fix?: Finding['fix']) => Finding[]

/** OpenZFS supports overlayfs since 2.2.0 (its release notes). */
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
    return say('warn', 'which supports image layers since OpenZFS 2.2; found no version', upgrade)
  return say('fail', `which supports image layers since OpenZFS 2.2 (found ${version})`, upgrade)
}
