import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'

const DEVICE = '/dev/kmsg'

/** The kubelet reads there who was killed for want of memory, and ends at its start where it is not. */
export async function kernelMessages(host: HostView): Promise<Finding | undefined> {
  if ((await host.stat(DEVICE)) !== undefined) return undefined
  return {
    kind: 'fail',
    found: `no ${DEVICE}`,
    wanted: `${DEVICE}, which the kubelet reads`,
    fix: "echo 'L /dev/kmsg - - - - /dev/console' > /etc/tmpfiles.d/kmsg.conf && systemd-tmpfiles --create /etc/tmpfiles.d/kmsg.conf",
  }
}
