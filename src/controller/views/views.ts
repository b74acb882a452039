import type { ClusterView } from '../../protocol/api/clusters.ts'
import type { NodeDetail, NodeView, RunView } from '../../protocol/api/nodes.ts'
import type { Core } from '../core.ts'
import { clusterReadiness } from '../domain/director/readiness.ts'
import { isInRepair, isRepairable } from '../domain/director/repairs.ts'
import type { Cluster, Node, Run } from '../domain/records.ts'
import type { Member } from '../domain/situation.ts'
import { stagesOf } from '../domain/stages.ts'
import { problemsNow, visibleClusterState } from '../reconcile/cluster-state.ts'
import { visibleState } from '../reconcile/node-state.ts'
import { situationOf } from '../reconcile/situation-of.ts'
import { activityOf } from './activity.ts'
import { warningsAgainstCluster } from './against-cluster.ts'

/** `members`: of its cluster, where they are known already. */
export function nodeView(core: Core, node: Node, members?: readonly Member[]): NodeView {
  const cluster = core.store.clusters.get(node.clusterId)
  const [run] = core.store.runs.where('node_id = ? ORDER BY generation DESC LIMIT 1', node.id)
  const problems = cluster ? problemsNow(core, cluster).filter((problem) => problem.node === node.name) : []
  const [enrolment] = core.store.enrolments.where('node_id = ?', node.id)
  return {
    id: node.id,
    name: node.name,
    cluster: cluster?.name ?? '',
    state: visibleState(node) === 'READY' && problems.length > 0 ? 'DEGRADED' : visibleState(node),
    roles: node.roles,
    address: node.address,
    os: node.facts?.os.prettyName ?? '',
    agentVersion: node.agentVersion,
    lastSeen: core.presence.lastHeard(node.id)?.toISOString() ?? node.lastSeen,
    ...activityOf(core, cluster, node, run, members),
    fingerprint: enrolment?.fingerprint ?? '',
    connected: core.presence.isConnected(node.id),
    run: run ? runView(run) : null,
    problems,
    error: node.error,
  }
}

export function nodeDetail(core: Core, node: Node): NodeDetail {
  const { interface: name, disks, facts } = node
  const warnings = [...node.warnings, ...warningsAgainstCluster(core, node)]
  return { ...nodeView(core, node), interface: name, disks, warnings, facts }
}

export function clusterView(core: Core, cluster: Cluster): ClusterView {
  const members = situationOf(core, cluster.id)?.members ?? []
  const { id, name, settings, error } = cluster
  return {
    id,
    name,
    state: visibleClusterState(cluster),
    kubernetesVersion: settings.kubernetesVersion,
    settings,
    nodes: members.map(({ node }) => nodeView(core, node, members)),
    stages: stagesOf(cluster, members),
    waitingFor: isOnItsWay(cluster) ? waitingFor(cluster, members) : null,
    problems: problemsNow(core, cluster),
    pairs: cluster.pairs,
    error,
  }
}

const isOnItsWay = ({ state }: Cluster) => state === 'PROVISIONING' || state === 'REPAIRING'

function waitingFor(cluster: Cluster, members: Parameters<typeof clusterReadiness>[1]): string | null {
  const repairing = members.filter((member) => isInRepair(member) || isRepairable(member, cluster))
  if (repairing.length > 0) return `the repair of ${repairing.map(({ node }) => node.name).join(', ')}`
  const readiness = clusterReadiness(cluster, members)
  return readiness.ready ? null : readiness.waitingFor
}

function runView(run: Run): RunView {
  const { id, role, repair, state, progress, createdAt, endedAt } = run
  return { id, role, repair, state, done: progress.done, of: progress.of, createdAt, endedAt }
}
