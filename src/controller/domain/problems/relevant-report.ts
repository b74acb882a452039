import type { OperatorReport } from '../../../protocol/api/operators.ts'
import { ownWorkloadOf, ownWorkloads } from '../../../protocol/own-pods.ts'
import type { ClusterData } from '../draft.ts'

/** Nodes that Cantrip does not manage. */
const MOST_OTHER_NODES = 100
/** Of the cluster's own workloads: a master has eight, and others are being replaced. */
const PODS_PER_NODE = 16
const MOST_OTHER_PODS = 200

/**
 * The part of a report by which a cluster is judged: its nodes, and the pods of its own workloads. Whatever an operator reports, a
 * cluster takes no more than its size permits each time that it is stored, or read.
 */
export function relevantReport(
  { cluster, nodes }: Pick<ClusterData, 'cluster' | 'nodes'>,
  report: OperatorReport,
): OperatorReport {
  const names = new Set(nodes.filter(({ state }) => state !== 'REMOVED').map(({ name }) => name))
  const workloads = ownWorkloads(cluster.settings.cni)
  const others = report.nodes.filter(({ name }) => !names.has(name)).slice(0, MOST_OTHER_NODES)
  const kept = new Set(others)
  const pods = report.pods.filter((pod) => ownWorkloadOf(pod, workloads))
  // Those that failed are many if a node evicts them, and the last that count.
  const running = pods.filter(({ phase }) => phase !== 'Failed')
  const failed = pods.filter(({ phase }) => phase === 'Failed')
  return {
    ...report,
    nodes: report.nodes.filter((node) => names.has(node.name) || kept.has(node)),
    pods: [...running, ...failed].slice(0, names.size * PODS_PER_NODE + MOST_OTHER_PODS),
  }
}
