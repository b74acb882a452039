import { AgentError } from '../../base/agent-error.ts'
import type { Core } from '../core.ts'
import type { Cluster, Node } from '../domain/records.ts'

function missing(kind: 'cluster' | 'node', name: string): AgentError {
  const fix = `choose one of: controller ${kind} list`
  return new AgentError(`${kind}/unknown`, `there is no ${kind} ${name}`, { fix, kind: 'invalid' })
}

export function clusterByName(core: Core, name: string): Cluster {
  const [cluster] = core.store.clusters.where('name = ?', name)
  if (!cluster) throw missing('cluster', name)
  return cluster
}

export function nodeById(core: Core, id: string): Node {
  const node = core.store.nodes.get(id)
  if (!node) throw missing('node', id)
  return node
}

export function clusterOf(core: Core, node: Node): Cluster {
  const cluster = core.store.clusters.get(node.clusterId)
  if (!cluster) throw missing('cluster', node.clusterId)
  return cluster
}
