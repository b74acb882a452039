import type { ClusterView } from '../../protocol/api/clusters.ts'
import type { NodeDetail, NodeView, Problem, RunView } from '../../protocol/api/nodes.ts'
import type { OperatorReport } from '../../protocol/api/operators.ts'
import { updateSummary } from '../domain/agent-update/agent-update.ts'
import { clusterReadiness } from '../domain/director/readiness.ts'
import { isInRepair, isRepairable } from '../domain/director/repairs.ts'
import { type ClusterData, present } from '../domain/draft.ts'
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
import { clusterStateNow, isConnectedNow, nodeStateNow, reportNow } from './current.ts'
import { clusterRevision, nodeRevision } from './revision.ts'
import { upgradeViewOf } from './upgrade-view.ts'

export type Viewing = HasStore & HasBundles & Activities

/** What a list is filtered and sorted by, and the whole view, which costs more. */
export interface ListedNode extends Pick<NodeView, 'id' | 'name' | 'cluster' | 'createdAt' | 'state' | 'roles'> {
  view(): NodeView
}

/** The nodes of these clusters. */
export async function listedNodes(
  ports: Viewing,
  { clusters, withRemoved }: { clusters: readonly string[]; withRemoved: boolean },
): Promise<ListedNode[]> {
  const found: ListedNode[] = []
  for (const id of clusters) {
    const data = await ports.store.load(id)
    if (!data) continue
    const scene = sceneOf(ports, data)
    const shown = data.nodes.filter(({ state }) => withRemoved || state !== 'REMOVED')
    for (const node of shown) found.push({ ...headOf(ports, scene, node), view: () => nodeViewIn(ports, scene, node) })
  }
  return found
}

/** A cluster, and what is looked up in it for each of its nodes. */
interface Scene {
  data: ClusterData
  members: readonly Member[]
  /** What the rules of the cluster say about its nodes. */
  followings: ReturnType<typeof followingsOf>
  /** By the name of the node. */
  problems: ReadonlyMap<string | null, Problem[]>
  /** By the id of the node. */
  fingerprints: ReadonlyMap<string | null, string>
  lastRuns: ReadonlyMap<string, Run>
  /** By the name of the node, while the operator reports. */
  reported: ReadonlyMap<string, OperatorReport['nodes'][number]>
}

function sceneOf(ports: Viewing, data: ClusterData): Scene {
  const lastRuns = new Map<string, Run>()
  for (const run of data.runs) {
    const before = lastRuns.get(run.nodeId)
    if (!before || run.generation >= before.generation) lastRuns.set(run.nodeId, run)
  }
  return {
    data,
    ...{ members: situationOf(ports, data).members, followings: followingsOf(data.cluster, present(data)), lastRuns },
    problems: Map.groupBy(problemsNow(ports, data), ({ node }) => node),
    reported: new Map(reportNow(ports, data.cluster)?.nodes.map((each) => [each.name, each])),
    // Of several, the first one.
    fingerprints: new Map(data.enrolments.map(({ nodeId, fingerprint }) => [nodeId, fingerprint] as const).reverse()),
  }
}

function headOf(ports: Viewing, { data: { cluster }, problems }: Scene, node: Node): Omit<ListedNode, 'view'> {
  const { id, name, createdAt, roles } = node
  const state = nodeStateNow(ports, node)
  const isDegraded = state === 'READY' && problems.has(name)
  return { id, name, cluster: cluster.name, createdAt, roles, state: isDegraded ? 'DEGRADED' : state }
}

function nodeViewIn(ports: Viewing, scene: Scene, node: Node): NodeView {
  const { cluster } = scene.data
  const run = scene.lastRuns.get(node.id)
  const following = scene.followings.get(node.id)
  return {
    ...headOf(ports, scene, node),
    revision: nodeRevision(node),
    rule: following?.rule ?? null,
    ruleProblem: following?.problem ?? null,
    address: node.address,
    os: node.facts?.os.prettyName ?? '',
    agentVersion: node.agentVersion,
    lastSeen: lastContactOf(ports, node),
    ...activityOf(ports, cluster, node, run, scene.members),
    fingerprint: scene.fingerprints.get(node.id) ?? '',
    serial: node.facts?.serial ?? node.machine?.serial ?? null,
    joinedAt: joinedAtOf(node),
    connected: isConnectedNow(ports, node),
    isCordoned: scene.reported.get(node.name)?.unschedulable ?? null,
    run: run ? runView(run) : null,
    problems: scene.problems.get(node.name) ?? [],
    error: node.error,
  }
}

function joinedAtOf({ place }: Node): string | null {
  return (place !== null && place !== 'none' && place.since) || null
}

export async function nodeDetail(ports: Viewing, { id, clusterId }: Node): Promise<NodeDetail> {
  const data = await ports.store.load(clusterId)
  const node = data?.nodes.find((each) => each.id === id)
  if (!data || !node) throw missing('node', id)
  const { interface: name, disks, labels, facts } = node
  const warnings = [...node.warnings, ...clusterWarnings(ports, data, node)]
  const { nodeProxies = {} } = data.cluster.settings
  const ownProxy = Object.hasOwn(nodeProxies, node.name) ? (nodeProxies[node.name] ?? null) : null
  return { ...nodeViewIn(ports, sceneOf(ports, data), node), interface: name, disks, labels, ownProxy, warnings, facts }
}

/** The view of a cluster, read again from the store. */
export async function clusterView(ports: Viewing, known: Pick<Cluster, 'id' | 'name'>): Promise<ClusterView> {
  const data = await ports.store.load(known.id)
  if (!data) throw missing('cluster', known.name)
  const scene = sceneOf(ports, data)
  const { members } = scene
  const { cluster } = data
  const { id, name, project, settings, error } = cluster
  const state = clusterStateNow(ports, cluster)
  return {
    id,
    name,
    project,
    revision: clusterRevision(cluster),
    state,
    unknownSince: state === 'UNKNOWN' ? cluster.reportAt : null,
    kubernetesVersion: settings.kubernetesVersion,
    settings,
    nodes: members.map(({ node }) => nodeViewIn(ports, scene, node)),
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
