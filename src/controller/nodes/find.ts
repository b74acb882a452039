import { AgentError } from '../../base/agent-error.ts'
import type { ClusterData } from '../domain/draft.ts'
import type { Cluster, Node } from '../domain/records.ts'
import type { HasStore } from '../ports.ts'

export function missing(kind: 'cluster' | 'node' | 'session', name: string): AgentError {
  const fix = `choose one of: controller ${kind} list`
  return new AgentError(`${kind}/unknown`, `there is no ${kind} ${name}`, { fix, kind: 'invalid' })
}

export async function clusterByName({ store }: HasStore, name: string): Promise<Cluster> {
  const cluster = await store.clusterNamed(name)
  if (!cluster) throw missing('cluster', name)
  return cluster
}

export async function nodeById({ store }: HasStore, id: string): Promise<Node> {
  const node = await store.node(id)
  if (!node) throw missing('node', id)
  return node
}

export async function clusterOf({ store }: HasStore, node: Node): Promise<Cluster> {
  const cluster = await store.cluster(node.clusterId)
  if (!cluster) throw missing('cluster', node.clusterId)
  return cluster
}

/** The node with this id; throws `node/unknown`. */
export function nodeOf({ nodes }: Pick<ClusterData, 'nodes'>, id: string): Node {
  const node = nodes.find((each) => each.id === id)
  if (!node) throw missing('node', id)
  return node
}
