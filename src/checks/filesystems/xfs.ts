import { advice } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import type { SeenPath } from './judge.ts'

/** Only file systems created before 2016 lack ftype=1, and only xfs_info shows it. */
export async function judgeXfs(host: HostView, seen: readonly SeenPath[]): Promise<Finding[]> {
  const path = seen.find(({ layers, mount }) => layers && mount?.fileSystem === 'xfs')
  if (path?.mount === undefined) return []
  const { mountPoint } = path.mount
  if (!/\bftype=0\b/.test(await xfsInfo(host, mountPoint))) return []
  return [
    {
      kind: 'fail',
      found: `${path.path} is on an XFS without file types (ftype=0 on ${mountPoint})`,
      wanted: 'XFS with ftype=1',
      fix: advice(
        `recreate the file system (mkfs.xfs -n ftype=1; this deletes its data), or mount another disk at ${path.path}`,
      ),
    },
  ]
}

/** Empty if xfs_info is not installed or fails. */
async function xfsInfo(host: HostView, mountPoint: string): Promise<string> {
  try {
    return (await host.ask(['xfs_info', mountPoint], { timeoutMs: 8_000 })).stdout
  } catch {
    return ''
  }
}
