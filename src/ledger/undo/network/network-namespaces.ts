import type { HostView } from '../../../host/host.ts'
import { answer } from '../answer.ts'

/** Where network namespaces have names: those of every container engine, of VPNs, and of people. */
export const NAMESPACES = '/run/netns'

/**
 * Those with a process in them. Our own containers have ended by then: it is somebody else's. Where it cannot be told,
 * the kernel has the last word on the deletion.
 */
export async function namespacesInUse(names: readonly string[], host: HostView): Promise<string[]> {
  const pids = await Promise.all(names.map((name) => answer(host, ['ip', 'netns', 'pids', name])))
  return names.filter((_, index) => pids[index]?.trim() !== '')
}
