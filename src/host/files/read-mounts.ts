import type { HostView } from '../host.ts'
import { type Mount, parseMountinfo } from '../parse/mountinfo.ts'

/** The mounts that this process sees, in the order of the kernel. */
export async function readMounts(view: Pick<HostView, 'read'>): Promise<Mount[]> {
  return parseMountinfo((await view.read('/proc/self/mountinfo')) ?? '')
}
