import type { ClusterView, NodeDetail, NodeView, RunView, Stage } from '../protocol/admin.ts'
import { warningsAgainstCluster } from './against-cluster.ts'
import type { Core } from './core.ts'
import { clusterReadiness, nodeReadiness } from './director/readiness.ts'
import type { Member } from './director/situation.ts'
import { turnOf } from './director/turn.ts'
import { visibleState } from './node-state.ts'
import { currentStep } from './progress.ts'
import { situationOf } from './situation-of.ts'
import type { Cluster, Node, Run } from './store/records.ts'

/** `members`: of its cluster, where they are known already. */
export function nodeView(core: Core, node: Node, members?: readonly Member[]): NodeView {
  const cluster = core.store.clusters.get(node.clusterId)
  const [run] = core.store.runs.where('node_id = ? ORDER BY generation DESC LIMIT 1', node.id)
  const [enrolment] = core.store.enrolments.where('node_id = ?', node.id)
  return {
    id: node.id,
    name: node.name,
    cluster: cluster?.name ?? '',
    state: visibleState(node),
    roles: node.roles,
    address: node.address,
    os: node.facts?.os.prettyName ?? '',
    agentVersion: node.agentVersion,
    lastSeen: core.presence.lastHeard(node.id)?.toISOString() ?? node.lastSeen,
    step: stepOf(core, cluster, node, run, members),
    fingerprint: enrolment?.fingerprint ?? '',
    connected: core.presence.isConnected(node.id),
    run: run ? runView(run) : null,
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
  const { id, name, state, settings, error } = cluster
  return {
    id,
    name,
    state,
    kubernetesVersion: settings.kubernetesVersion,
    settings,
    nodes: members.map(({ node }) => nodeView(core, node, members)),
    stages: stagesOf(
      cluster,
      members.map(({ node }) => node),
      members.flatMap(({ run }) => run ?? []),
    ),
    waitingFor: state === 'PROVISIONING' ? waitingFor(cluster, members) : null,
    pairs: cluster.pairs,
    error,
  }
}

function waitingFor(cluster: Cluster, members: Parameters<typeof clusterReadiness>[1]): string | null {
  const readiness = clusterReadiness(cluster, members)
  return readiness.ready ? null : readiness.waitingFor
}

function stepOf(
  core: Core,
  cluster: Cluster | undefined,
  node: Node,
  run: Run | undefined,
  members?: readonly Member[],
): string | null {
  if (node.leaving === 'retire') return `leaving, waiting for ${core.errands.leaving.get(node.id) ?? 'its run to end'}`
  if (!cluster || !run || node.state !== 'PROVISIONING') return null
  if (run.state === 'done' && run.role !== 'reset') {
    const readiness = nodeReadiness(cluster, node, run)
    return readiness.ready ? null : `waiting for ${readiness.waitingFor}`
  }
  if (run.state !== 'open') return null
  if (run.cancel) return 'stopping'
  const step = currentStep(run.progress, core.live.get(run.id))
  if (step === null) return run.acknowledged ? 'starting' : 'waiting for the node to take its instruction'
  const isAsking = Object.keys(run.progress.current).some((id) => id.endsWith('/accept-invitation'))
  return isAsking ? `${step}${turnText(core, node, members)}` : step
}

/** What a node that asks to be let in waits for. */
function turnText(core: Core, node: Node, known?: readonly Member[]): string {
  const members = known ?? situationOf(core, node.clusterId)?.members ?? []
  const guest = members.find((member) => member.node.id === node.id)
  const turn = guest && turnOf(guest, members)
  return turn && 'waitingFor' in turn ? ` (waiting for ${turn.waitingFor})` : ''
}

function runView(run: Run): RunView {
  const { id, role, state, progress, createdAt, endedAt } = run
  return { id, role, state, done: progress.done, of: progress.of, createdAt, endedAt }
}

/** How far the cluster has come, in the order of a node's life. */
function stagesOf(cluster: Cluster, nodes: readonly Node[], runs: readonly Run[]): Stage[] {
  const provisioning = runs.filter((run) => run.role !== 'reset')
  const runsEnded = ended(provisioning.map((run) => run.endedAt))
  const runsBegan = earliest(provisioning.map((run) => run.createdAt))
  const discovered = earliest(nodes.map((node) => node.createdAt))
  const approved = ended(nodes.map((node) => node.approvedAt))
  const configured = ended(nodes.map((node) => node.configuredAt))
  const isFailed = cluster.state === 'FAILED'
  const hasFailedRun = provisioning.some((run) => run.state !== 'open' && run.state !== 'done')
  return [
    stage('discover', cluster.createdAt, discovered, false),
    stage('approve', discovered, approved, false),
    stage('configure', approved, configured, false),
    stage('provision', runsBegan, runsEnded, isFailed && hasFailedRun),
    stage('check-in', hasFailedRun ? null : runsEnded, cluster.readyAt, isFailed),
  ]
}

function stage(name: string, startedAt: string | null, endedAt: string | null, isFailed: boolean): Stage {
  if (startedAt === null) return { name, state: 'pending', startedAt, endedAt: null }
  if (isFailed) return { name, state: 'failed', startedAt, endedAt }
  return { name, state: endedAt === null ? 'running' : 'done', startedAt, endedAt }
}

function earliest(times: readonly string[]): string | null {
  return [...times].sort()[0] ?? null
}

/** The last of them, once all have one. */
function ended(times: readonly (string | null)[]): string | null {
  if (times.length === 0 || times.includes(null)) return null
  return [...times].sort().at(-1) ?? null
}
