import { AgentError } from '../../errors/agent-error.ts'
import type { HostView } from '../../host/host.ts'

/** Where network namespaces have names: those of every container engine, of VPNs, and of people. */
export const NAMESPACES = '/run/netns'

/** Those with a process in them. Our own containers have ended by then: it is somebody else's. */
export async function namespacesInUse(names: readonly string[], host: HostView): Promise<string[]> {
  const pids = await Promise.all(names.map((name) => processesIn(name, host)))
  return names.filter((_, index) => pids[index] !== '')
}

/** '' too where it cannot be told: then the kernel has the last word on the deletion. */
async function processesIn(name: string, host: HostView): Promise<string> {
  try {
    return (await host.ask(['ip', 'netns', 'pids', name], { timeoutMs: 30_000 })).stdout.trim()
  } catch (error) {
    if (error instanceof AgentError) return ''
    throw error
  }
}
