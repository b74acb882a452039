import { type NodeView, nodeRoutes } from '../../../protocol/api/nodes.ts'
import type { AdminClient } from '../session/client.ts'
import { everyItem } from '../session/every-item.ts'
import { resolve } from '../session/resolve.ts'

/** For `argument`: what findNode gets. */
export const NODE = ['<node>', 'name or ID of the node, or a unique prefix'] as const

export async function findNode(client: AdminClient, query: string, state?: string): Promise<NodeView> {
  const all = await everyItem(client, nodeRoutes.listNodes)
  const inState = all.filter((node) => node.state === state)
  // A new node can have the name of an old one: the node in the state that the command needs is meant.
  const isNamed = inState.some((node) => node.name.startsWith(query) || node.id.startsWith(query))
  return resolve('node', query, isNamed ? inState : all)
}
