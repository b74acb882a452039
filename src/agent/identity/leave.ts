import { errorMessage } from '../../base/text/error-message.ts'
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

const REQUEST_TIMEOUT_MS = 5_000
/** After this time no further URL is tried, because a person waits for the uninstallation. */
const TOTAL_TIMEOUT_MS = 10_000

/**
 * Notifies the controller that this machine is no longer a node. Call it before the credentials are removed. Never
 * rejects: resolves to one line for the user if no controller could be notified. Does nothing on a node that has not enrolled.
 */
export async function leave({ paths, stays, network }: LeaveOptions): Promise<string | undefined> {
  let nodeName = 'NAME'
  try {
    const config = readConfig(paths)
    const identity = readIdentity(paths)
    if (!config || !identity) return undefined
    nodeName = config.nodeName
    await notifyAny(config, identity, { stays }, network)
    return undefined
  } catch (error) {
    const why = errorMessage(error)
    return `could not notify the controller that this node leaves (${why}); remove the node on the controller: controller node remove ${nodeName} --force`
  }
}

async function notifyAny(
  { urls, proxy }: AgentConfig,
  tls: NodeIdentity,
  body: LeaveRequest,
  network: NetworkView,
): Promise<void> {
  const beganMs = performance.now()
  for (const [index, url] of urls.entries()) {
    const way = { url, tls, proxy, timeoutMs: REQUEST_TIMEOUT_MS, network }
    try {
      await askController(way, agentRoutes.leave, { body })
      return
    } catch (error) {
      if ((error as { code?: unknown }).code === 'node/removed') return
      if (index === urls.length - 1 || performance.now() - beganMs > TOTAL_TIMEOUT_MS) throw error
    }
  }
}
