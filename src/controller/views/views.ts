import type { ClusterView } from '../../protocol/api/clusters.ts'
import type { NodeDetail, NodeView, RunView } from '../../protocol/api/nodes.ts'
import { updateSummary } from '../domain/agent-update/agent-update.ts'
import { clusterReadiness } from '../domain/director/readiness.ts'
import { isInRepair, isRepairable } from '../domain/director/repairs.ts'
import { type ClusterData, lastRunIn, present } from '../domain/draft.ts'
import type { Cluster, Node, Run } from '../domain/records.ts'
import { followingsOf } from '../domain/rules/follow.ts'
import { provisioningOf } from '../domain/rules/provision.ts'
import type { Member } from '../domain/situation.ts'
import { stagesOf } from '../domain/stages.ts'
import { missing } from '../nodes/find.ts'
import type { HasBundles, HasStore } from '../ports.ts'
import { problemsNow } from '../reconcile/cluster-state.ts'
import { lastContactOf } from '../reconcile/node-state.ts'
import { situationOf } from '../reconcile/situation-of.ts'
import { type Activities, activityOf } from './activity.ts'
import { clusterWarnings } from './cluster-warnings.ts'
import { clusterStateNow, isConnectedNow, nodeStateNow } from './current.ts'
import { clusterRevision, nodeRevision } from './revision.ts'
import { upgradeViewOf } from './upgrade-view.ts'

export type Viewing = HasStore & HasBundles & Activities

/** Views of the nodes of these clusters. */
export async function nodeViews(
  ports: Viewing,
  { clusters, withRemoved }: { clusters: readonly string[]; withRemoved: boolean },
): Promise<NodeView[]> {
  const found: NodeView[] = []
  for (const id of clusters) {
    const data = await ports.store.load(id)
    if (!data) continue
    const { members } = situationOf(ports, data)
    const shown = data.nodes.filter(({ state }) => withRemoved || state !== 'REMOVED')
    const followings = followingsIn(data)
    for (const node of shown) found.push(nodeViewIn(ports, data, node, members, followings))
  }
  return found
}

/** What the rules of the cluster say about its nodes. */
const followingsIn = (data: ClusterData) => followingsOf(data.cluster, present(data))

function nodeViewIn(
  ports: Activities,
  data: ClusterData,
  node: Node,
  members: readonly Member[],
  followings: ReturnType<typeof followingsOf>,
): NodeView {
  const { cluster, enrolments } = data
  const run = lastRunIn(data, node.id, () => true)
  const problems = problemsNow(ports, data).filter((problem) => problem.node === node.name)
  const state = nodeStateNow(ports, node)
  return {
    id: node.id,
    name: node.name,
    cluster: cluster.name,
    createdAt: node.createdAt,
    revision: nodeRevision(node),
    state: state === 'READY' && problems.length > 0 ? 'DEGRADED' : state,
    roles: node.roles,
    rule: followings.get(node.id)?.rule ?? null,
    ruleProblem: followings.get(node.id)?.problem ?? null,
    address: node.address,
    os: node.facts?.os.prettyName ?? '',
    agentVersion: node.agentVersion,
    lastSeen: lastContactOf(ports, node),
    ...activityOf(ports, cluster, node, run, members),
    fingerprint: enrolments.find(({ nodeId }) => nodeId === node.id)?.fingerprint ?? '',
    connected: isConnectedNow(ports, node),
    run: run ? runView(run) : null,
    problems,
    error: node.error,
  }
}

export async function nodeDetail(ports: Viewing, { id, clusterId }: Node): Promise<NodeDetail> {
  const data = await ports.store.load(clusterId)
  const node = data?.nodes.find((each) => each.id === id)
  if (!data || !node) throw missing('node', id)
  const { interface: name, disks, facts } = node
  const warnings = [...node.warnings, ...clusterWarnings(ports, data, node)]
  const view = nodeViewIn(ports, data, node, situationOf(ports, data).members, followingsIn(data))
  return { ...view, interface: name, disks, warnings, facts }
}

/** The view of a cluster, read again from the store. */
export async function clusterView(ports: Viewing, known: Pick<Cluster, 'id' | 'name'>): Promise<ClusterView> {
  const data = await ports.store.load(known.id)
  if (!data) throw missing('cluster', known.name)
  const { members } = situationOf(ports, data)
  const { cluster } = data
  const { id, name, project, settings, error } = cluster
  const state = clusterStateNow(ports, cluster)
  const followings = followingsIn(data)
  return {
    id,
    name,
    project,
    revision: clusterRevision(cluster),
    state,
    unknownSince: state === 'UNKNOWN' ? cluster.reportAt : null,
    kubernetesVersion: settings.kubernetesVersion,
    settings,
    nodes: members.map(({ node }) => nodeViewIn(ports, data, node, members, followings)),
    stages: stagesOf(cluster, members),
    waitingFor: isInProgress(cluster)
      ? (upgradeWait(cluster) ?? waitingFor(cluster, members))
      : rulesWaitFor(ports, cluster, members),
    problems: problemsNow(ports, data),
    pairs: cluster.pairs,
    agentUpdate: cluster.agentUpdate && updateSummary(cluster.agentUpdate),
    upgrade: upgradeViewOf(cluster),
    error,
  }
}

const isInProgress = ({ state }: Cluster) => state === 'PROVISIONING' || state === 'REPAIRING'

function upgradeWait({ upgrade }: Cluster): string | null {
  if (upgrade?.state === 'running') return upgrade.waitingFor
  const isStopped = upgrade?.state === 'paused' || upgrade?.state === 'failed'
  return isStopped ? 'a person to resume or cancel the upgrade' : null
}

function rulesWaitFor({ bundles }: HasBundles, cluster: Cluster, members: readonly Member[]): string | null {
  const { kubernetesVersion } = cluster.settings
  return provisioningOf({ cluster, members }, (arch) => bundles.pick(kubernetesVersion, arch) !== undefined).waitingFor
}

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
