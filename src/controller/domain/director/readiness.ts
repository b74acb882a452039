import type { OperatorReport } from '../../../protocol/api/operators.ts'
import { ownWorkloadOf, ownWorkloads } from '../../../protocol/own-pods.ts'
import { because } from '../problems/found-problem.ts'
import type { Cluster, Node, Run } from '../records.ts'
import { takesPart } from '../shape.ts'
import type { Member } from '../situation.ts'

export type Readiness = { ready: true } | { ready: false; waitingFor: string }

const READY: Readiness = { ready: true }
const waiting = (waitingFor: string): Readiness => ({ ready: false, waitingFor })

/** By what the operator told after the node's run began. */
export function nodeReadiness(cluster: Cluster, node: Node, run: Run): Readiness {
  const { report, reportAt } = cluster
  if (!report || !reportAt || reportAt < run.createdAt) return waiting('the operator to check in')
  const found = report.nodes.find(({ name }) => name === node.name)
  if (!found) return waiting(`node ${node.name} to register`)
  if (!found.ready) return waiting(`node ${node.name} to be Ready`)
  return podReadiness(
    cluster,
    report.pods.filter((pod) => pod.node === node.name),
  )
}

/** All nodes that take part are READY, all pods are, and the cluster's DNS answers. */
export function clusterReadiness(cluster: Cluster, members: readonly Member[]): Readiness {
  const { report } = cluster
  if (!report) return waiting('the operator to check in')
  const staying = members.map(({ node }) => node).filter((node) => takesPart(node, cluster))
  const late = staying.find(({ state }) => state !== 'READY')
  if (late) return waiting(`node ${late.name}`)
  // What a node that has gone, or is none of ours, has left in the cluster keeps nobody waiting.
  const names = new Set(staying.map(({ name }) => name))
  const unready = report.nodes.find(({ name, ready }) => names.has(name) && !ready)
  if (unready) return waiting(`node ${unready.name} to be Ready`)
  const pods = podReadiness(
    cluster,
    report.pods.filter(({ node }) => names.has(node) || node === ''),
  )
  if (!pods.ready) return pods
  return report.dns ? READY : waiting("the cluster's DNS to answer")
}

/** Of what the cluster is made of. A pod that was evicted stays as it is; another one takes its place. */
function podReadiness({ settings }: Cluster, all: OperatorReport['pods']): Readiness {
  const workloads = ownWorkloads(settings.cni)
  const pods = all.filter((pod) => pod.phase !== 'Failed' && !pod.leaving && ownWorkloadOf(pod, workloads))
  const late = pods.filter((pod) => !pod.ready && pod.phase !== 'Succeeded')
  if (pods.length === 0) return waiting('pods')
  if (late.length === 0) return READY
  const names = late.slice(0, 3).map(({ namespace, name, why }) => `${namespace}/${name}${why ? because(why) : ''}`)
  return waiting(`${late.length} of ${pods.length} pods: ${names.join(', ')}${late.length > 3 ? ', …' : ''}`)
}
