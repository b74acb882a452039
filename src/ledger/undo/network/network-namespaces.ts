import { outputOf } from '../../../host/ask-if-installed.ts'
import type { HostView } from '../../../host/host.ts'

/**
 * Namespaces with a process. The cluster's containers have ended by then, so it belongs to another program. If this cannot
 * be determined, the kernel refuses to delete a namespace in use.
 */
export async function namespacesInUse(names: readonly string[], host: HostView): Promise<string[]> {
  const pids = await Promise.all(names.map((name) => outputOf(host, ['ip', 'netns', 'pids', name])))
  return names.filter((_, index) => pids[index]?.trim() !== '')
}
