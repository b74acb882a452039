import type { OperatorReport } from '../../../protocol/api/operators.ts'
import { ownWorkloadOf, ownWorkloads } from '../../../protocol/own-pods.ts'
import { because } from '../problems/found-problem.ts'
import type { Cluster, Node, Run } from '../records.ts'
import { takesPart } from '../shape.ts'
import type { Member } from '../situation.ts'

export type Readiness = { ready: true } | { ready: false; waitingFor: string }

const READY: Readiness = { ready: true }
const waiting = (waitingFor: string): Readiness => ({ ready: false, waitingFor })

/** Judged by a report of the operator that is newer than the node's run. */
export function nodeReadiness(cluster: Cluster, node: Node, run: Run): Readiness {
  const { report, reportAt } = cluster
  if (!report || !reportAt || reportAt < run.createdAt) return waiting('the operator to check in')
  const found = report.nodes.find(({ name }) => name === node.name)
  if (!found) return waiting(`node ${node.name} to register`)
  if (!found.ready) return waiting(`node ${node.name} to be Ready`)
  const pods = podReadiness(
    cluster,
    report.pods.filter((pod) => pod.node === node.name),
  )
  return withPressure(pods, [found])
}

/** A cluster is ready when its nodes are READY, the pods of its own workloads are Ready, and its DNS answers. */
export function clusterReadiness(cluster: Cluster, members: readonly Member[]): Readiness {
  const { report } = cluster
  if (!report) return waiting('the operator to check in')
  const nodes = members.map(({ node }) => node).filter((node) => takesPart(node, cluster))
  const late = nodes.find(({ state }) => state !== 'READY')
  if (late) return waiting(`node ${late.name}`)
  // Objects of removed nodes, and of nodes that Cantrip does not manage, do not count.
  const names = new Set(nodes.map(({ name }) => name))
  const unready = report.nodes.find(({ name, ready }) => names.has(name) && !ready)
  if (unready) return waiting(`node ${unready.name} to be Ready`)
  const pods = podReadiness(
    cluster,
    report.pods.filter(({ node }) => names.has(node) || node === ''),
  )
  if (!pods.ready)
    return withPressure(
      pods,
      report.nodes.filter(({ name }) => names.has(name)),
    )
  return report.dns ? READY : waiting("the cluster's DNS to answer")
}

/** The kubelet of a node with disk pressure evicts pods and starts no new ones, except critical ones. */
function withPressure(readiness: Readiness, nodes: OperatorReport['nodes']): Readiness {
  const pressed = nodes.filter(({ unhealthy }) => unhealthy?.some(({ type }) => type === 'DiskPressure'))
  if (readiness.ready || pressed.length === 0) return readiness
  return waiting(`${readiness.waitingFor}; disk pressure on ${pressed.map(({ name }) => name).join(', ')}`)
}

/** Readiness of the cluster's own workloads. Evicted pods do not count: Kubernetes replaces them. */
function podReadiness({ settings }: Cluster, all: OperatorReport['pods']): Readiness {
  const workloads = ownWorkloads(settings.cni)
  const pods = all.filter((pod) => pod.phase !== 'Failed' && !pod.leaving && ownWorkloadOf(pod, workloads))
  const late = pods.filter((pod) => !pod.ready && pod.phase !== 'Succeeded')
  if (pods.length === 0) return waiting('pods')
  if (late.length === 0) return READY
  const names = late.slice(0, 3).map(({ namespace, name, why }) => `${namespace}/${name}${why ? because(why) : ''}`)
  return waiting(`${late.length} of ${pods.length} pods: ${names.join(', ')}${late.length > 3 ? ', …' : ''}`)
}
