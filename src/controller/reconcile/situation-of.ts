import type { Core } from '../core.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { holdsCluster } from '../domain/shape.ts'
import type { Member, Situation } from '../domain/situation.ts'

/** What the store and the hub know now; undefined where the cluster is gone. */
export function situationOf(core: Core, clusterId: string): Situation | undefined {
  const cluster = core.store.clusters.get(clusterId)
  if (!cluster) return undefined
  const runsOf = lastRuns(core, clusterId)
  const nodes = core.store.nodes.where("cluster_id = ? AND state <> 'REMOVED' ORDER BY created_at, id", clusterId)
  const members = nodes.map((node): Member => ({ node, ...runsOf(node), silentMs: silentMs(core, node) }))
  return { now: core.now(), cluster, members, reportSilentMs: reportSilentMs(core, cluster) }
}

/** Of each node the last run of either kind. */
function lastRuns(core: Core, clusterId: string): (node: Node) => Pick<Member, 'run' | 'repair'> {
  const own = 'SELECT id FROM nodes WHERE cluster_id = ?'
  const last = `SELECT node_id, max(generation) FROM runs WHERE node_id IN (${own}) GROUP BY node_id, repair`
  const found = core.store.runs.where(`(node_id, generation) IN (${last})`, clusterId)
  const of = (repair: boolean) => new Map(found.filter((run) => run.repair === repair).map((run) => [run.nodeId, run]))
  const [runs, repairs] = [of(false), of(true)]
  return ({ id }) => {
    const [run, repair] = [runs.get(id) ?? null, repairs.get(id) ?? null]
    return { run, repair: repair !== null && repair.generation > (run?.generation ?? 0) ? repair : null }
  }
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
