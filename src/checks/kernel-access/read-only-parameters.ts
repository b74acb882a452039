import type { Finding } from '../../engine/checks/findings.ts'
import { readMounts } from '../../host/files/read-mounts.ts'
import type { HostView } from '../../host/host.ts'
import { isReadOnly, mountOf } from '../../host/parse/mountinfo.ts'

const DIRECTORY = '/proc/sys'

/** The kubelet, kube-proxy and the agent set kernel parameters; the kubelet exits at start if it cannot. */
export async function readOnlyParameters(host: HostView): Promise<Finding | undefined> {
  const mount = mountOf(DIRECTORY, await readMounts(host))
  if (mount === undefined || !isReadOnly(mount)) return undefined
  return {
    kind: 'fail',
    found: `${DIRECTORY} is read-only`,
    wanted: 'writable kernel parameters',
    fix: `mount -o remount,bind,rw ${mount.mountPoint}`,
  }
}
