import type { Finding } from '../../engine/checks/findings.ts'
import { readMounts } from '../../host/files/read-mounts.ts'
import type { HostView } from '../../host/host.ts'
import { mountOf } from '../../host/parse/mountinfo.ts'

/** systemd makes / shared at boot; in a container it can be private, and then mounts of a pod are not visible to others. */
export async function sharedRoot(host: HostView): Promise<Finding | undefined> {
  const root = mountOf('/', await readMounts(host))
  if (root === undefined || root.shared) return undefined
  return {
    kind: 'warn',
    found: 'mounts under / are not shared',
    wanted: 'a shared root mount, for pods that mount file systems for other pods (Cilium, Calico, storage)',
    fix: 'mount --make-rshared /',
  }
}
