import type { Controller } from '../../../src/controller/start.ts'
import { waitFor } from '../wait-for.ts'
import { connectAgent, type ScriptedAgent } from './agent.ts'
import { adminOf, call, type EnrolledNode } from './client.ts'

/** Makes the node the first master of its cluster, which begins to start it. Returns the agent, which stays connected. */
export async function startCluster(
  controller: Controller,
  node: EnrolledNode,
  cluster: string,
): Promise<ScriptedAgent> {
  const agent = await connectAgent(controller, node)
  const ask = (path: string, body?: unknown) => call(controller.url, adminOf(controller), 'POST', path, body)
  const configured = async () =>
    (await ask(`/v1/nodes/${node.id}/configure`, { roles: ['master'] })).status === 200 || undefined
  await waitFor('the facts', configured, { everyMs: 20 })
  const { status, text } = await ask(`/v1/clusters/${cluster}/provision`)
  if (status !== 200) throw new Error(text)
  return agent
}
