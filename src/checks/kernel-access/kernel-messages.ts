import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'

const DEVICE = '/dev/kmsg'

/** The kubelet reads out-of-memory kills from /dev/kmsg, and exits at start if it does not exist. */
export async function kernelMessages(host: HostView): Promise<Finding | undefined> {
  if ((await host.stat(DEVICE)) !== undefined) return undefined
  return {
    kind: 'fail',
    found: `no ${DEVICE}`,
    wanted: `${DEVICE}, which the kubelet reads`,
    fix: "echo 'L /dev/kmsg - - - - /dev/console' > /etc/tmpfiles.d/kmsg.conf && systemd-tmpfiles --create /etc/tmpfiles.d/kmsg.conf",
  }
}
