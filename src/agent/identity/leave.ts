import type { NetworkView } from '../../host/network.ts'
import { agentRoutes, type LeaveRequest } from '../../protocol/api/agents.ts'
import { type AgentConfig, readConfig } from '../config.ts'
import { askController } from '../link/ask-controller.ts'
import type { AgentPaths } from '../paths.ts'
import { type NodeIdentity, readIdentity } from './identity.ts'

export interface LeaveOptions extends LeaveRequest {
  paths: AgentPaths
  network: NetworkView
}

const TIMEOUT_MS = 5_000
/** No further address is tried after that: whoever uninstalls is waiting. */
const PATIENCE_MS = 10_000

/**
 * Tells the controller that this machine is its node no more, and is to be called while the credentials are still there.
 * Never rejects: one line for people where it could not be told. A node that has not enrolled has nothing to tell.
 */
export async function leave({ paths, stays, network }: LeaveOptions): Promise<string | undefined> {
  let nodeName = 'NAME'
  try {
    const config = readConfig(paths)
    const identity = readIdentity(paths)
    if (!config || !identity) return undefined
    nodeName = config.nodeName
    await tellAny(config, identity, { stays }, network)
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `the controller could not be told that this node goes (${why}); tell it there: controller node remove ${nodeName} --force`
  }
}

async function tellAny(
  { urls, proxy }: AgentConfig,
  tls: NodeIdentity,
  body: LeaveRequest,
  network: NetworkView,
): Promise<void> {
  const beganMs = performance.now()
  for (const [index, url] of urls.entries()) {
    const way = { url, tls, proxy, timeoutMs: TIMEOUT_MS, network }
    try {
      await askController(way, agentRoutes.leave, { body })
      return
    } catch (error) {
      if ((error as { code?: unknown }).code === 'node/removed') return
      if (index === urls.length - 1 || performance.now() - beganMs > PATIENCE_MS) throw error
    }
  }
}
