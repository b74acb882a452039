import type { Core } from './core.ts'
import { holdsCluster } from './director/shape.ts'
import type { Member, Situation } from './director/situation.ts'
import type { Cluster, Node } from './store/records.ts'

/** What the store and the hub know now; undefined where the cluster is gone. */
export function situationOf(core: Core, clusterId: string): Situation | undefined {
  const cluster = core.store.clusters.get(clusterId)
  if (!cluster) return undefined
  const nodes = core.store.nodes.where("cluster_id = ? AND state <> 'REMOVED' ORDER BY created_at, id", clusterId)
  // A node's generation is that of its last run.
  const last = 'IN (SELECT id, generation FROM nodes WHERE cluster_id = ?)'
  const runs = new Map(
    core.store.runs.where(`(node_id, generation) ${last}`, clusterId).map((run) => [run.nodeId, run]),
  )
  const members = nodes.map(
    (node): Member => ({ node, run: runs.get(node.id) ?? null, silentMs: silentMs(core, node) }),
  )
  return { now: core.now(), cluster, members, reportSilentMs: reportSilentMs(core, cluster) }
}

/** Connected nodes that can act for their cluster, as its API and etcd run there. */
export function connectedHolders(core: Core, members: readonly Member[]): Node[] {
  const holders = members.filter(holdsCluster).map(({ node }) => node)
  return holders.filter(({ id }) => core.presence.isConnected(id))
}

function silentMs(core: Core, node: Node): number {
  const heardMs = core.presence.lastHeard(node.id)?.getTime() ?? 0
  const knownMs = Date.parse(node.lastSeen ?? node.createdAt)
  return Math.max(0, core.now().getTime() - Math.max(heardMs, knownMs, core.startedAt.getTime()))
}

function reportSilentMs(core: Core, { reportAt }: Cluster): number {
  if (reportAt === null) return 0
  return Math.max(0, core.now().getTime() - Math.max(Date.parse(reportAt), core.startedAt.getTime()))
}
