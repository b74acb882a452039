import type { OperatorReport } from '../../protocol/rest.ts'
import type { Cluster, Node, Run } from '../store/records.ts'
import type { Member } from './situation.ts'

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
  return podReadiness(report.pods.filter((pod) => pod.node === node.name || pod.node === ''))
}

/** All nodes with a role are READY, all pods are, and the cluster's DNS answers. */
export function clusterReadiness(cluster: Cluster, members: readonly Member[]): Readiness {
  const { report } = cluster
  if (!report) return waiting('the operator to check in')
  const late = members.find(({ node }) => node.leaving === 'no' && node.roles.length > 0 && node.state !== 'READY')
  if (late) return waiting(`node ${late.node.name}`)
  const unready = report.nodes.find((node) => !node.ready)
  if (unready) return waiting(`node ${unready.name} to be Ready`)
  const pods = podReadiness(report.pods)
  if (!pods.ready) return pods
  return report.dns ? READY : waiting("the cluster's DNS to answer")
}

function podReadiness(pods: OperatorReport['pods']): Readiness {
  const late = pods.filter((pod) => !pod.ready && pod.phase !== 'Succeeded')
  if (pods.length === 0) return waiting('pods')
  if (late.length === 0) return READY
  const names = late.slice(0, 3).map((pod) => `${pod.namespace}/${pod.name}`)
  return waiting(`${late.length} of ${pods.length} pods: ${names.join(', ')}${late.length > 3 ? ', …' : ''}`)
}
