import type {
  ClusterPlan,
  CreateClusterRequest,
  CreateClusterResponse,
  PlannedNode,
} from '../../protocol/api/clusters.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { checkOverrides } from '../../provision/kubeadm/overrides.ts'
import { clusterGone, refusal, refusalFor } from '../domain/admission.ts'
import { endpointToMoveTo } from '../domain/director/endpoint.ts'
import { isStartable } from '../domain/director/outlook.ts'
import { isRepairable, repairTaskOf } from '../domain/director/repairs.ts'
import { type ClusterData, present } from '../domain/draft.ts'
import { newId } from '../domain/ids.ts'
import { newCluster } from '../domain/new-records.ts'
import { mastersProblem } from '../domain/problems/masters-problem.ts'
import { movedProblem } from '../domain/problems/moved-address.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { admitLabels } from '../domain/settings/labels.ts'
import { admitMirrors } from '../domain/settings/mirrors.ts'
import { admitSubnets } from '../domain/settings/subnets.ts'
import { mayHaveKubernetes, taskFor } from '../domain/shape.ts'
import type { Member } from '../domain/situation.ts'
import { upgradeActive } from '../domain/upgrade/active.ts'
import type { HasBundles, HasClock, HasPresence, HasPublicUrls } from '../ports.ts'
import { changeCluster } from '../reconcile/change-cluster.ts'
import { setDesired } from '../reconcile/cluster-state.ts'
import { forget, hasBegun } from '../reconcile/node-state.ts'
import { type Reconciling, reconcile } from '../reconcile/reconcile.ts'
import { situationOf } from '../reconcile/situation-of.ts'
import { clusterView, type Viewing } from '../views/views.ts'
import { issueCredentials } from './credentials.ts'

export async function createCluster(
  ports: Reconciling & HasPublicUrls & Viewing,
  request: CreateClusterRequest & { rules?: Cluster['rules'] },
  by: string,
): Promise<CreateClusterResponse> {
  admitSubnets(request.settings)
  admitLabels(request.settings.labels)
  admitMirrors(request.settings)
  await checkOverrides(request.settings.overrides)
  if (await ports.store.clusterNamed(request.name)) {
    throw refusal('cluster/exists', `cluster ${request.name} already exists`, 'choose another name')
  }
  const { name, project, settings, csr, rules = null } = request
  const id = newId('c')
  const { set, installer } = issueCredentials(ports, { id, name, settings }, { name, csr }, by)
  const fresh = newCluster({ id, name, project, settings, createdAt: ports.now().toISOString() })
  const cluster = { ...fresh, rules, credentials: [set] }
  await ports.store.commit([{ change: 'add-cluster', cluster }])
  ports.changes.announce()
  return { cluster: await clusterView(ports, cluster), installer }
}

type Planning = HasClock & HasPresence & HasBundles

/** The plan of `provision`. */
export async function planCluster(
  ports: Reconciling,
  { id, name }: Pick<Cluster, 'id' | 'name'>,
): Promise<ClusterPlan> {
  await ports.bundles.refresh()
  const data = await ports.store.load(id)
  if (!data) throw clusterGone(name)
  return planOn(ports, data)
}

function planOn(ports: Planning, data: ClusterData): ClusterPlan {
  const { cluster } = data
  const { members } = situationOf(ports, data)
  const asked = { ...cluster, attempt: cluster.attempt + 1 }
  const starting = members.filter((member) => isStartable(member, asked))
  const repairing = repairsOf(asked, members)
  const problems = [...starting, ...repairing].flatMap(({ node }) => problemOf(ports, data, node) ?? [])
  const active = upgradeActive(cluster)
  if (active) problems.push(active)
  const problem = starting.length > 0 ? mastersProblem(cluster, members) : undefined
  if (problem) problems.push(problem)
  if (starting.length === 0 && !members.some(({ node }) => mayHaveKubernetes(node))) problems.push(noNodes(cluster))
  const endpoint = starting.length > 0 ? endpointToMoveTo(cluster, members) : undefined
  const nodes = members.map((member) => {
    if (repairing.includes(member)) return planOfRepair(member, members)
    return planOf(member, starting.includes(member), members, endpoint)
  })
  const arch = [...starting, ...repairing][0]?.node.facts?.os.arch ?? 'x64'
  return { bundle: ports.bundles.pick(cluster.settings.kubernetesVersion, arch)?.name ?? null, nodes, problems }
}

/**
 * Sets the desired state to provisioned. FAILED nodes are retried and READY ones repaired. Changes nothing if provisioning
 * is in progress and no node would get a new task.
 */
export async function provisionCluster(ports: Reconciling, { id, name }: Pick<Cluster, 'id' | 'name'>): Promise<void> {
  await ports.bundles.refresh()
  const done = await reconcile(ports, id, (draft) => {
    const { problems, nodes } = planOn(ports, draft)
    const [problem] = problems
    if (problem) throw refusalFor(problem)
    if (nodes.every(({ role }) => role === null) && draft.cluster.desired === 'provision') return
    const isRepair = nodes.some(({ repair }) => repair)
    setDesired(draft, { desired: 'provision', ...(isRepair && { repairAttempt: draft.cluster.attempt + 1 }) })
  })
  if (!done) throw clusterGone(name)
}

/** Sets the desired state to no Kubernetes on all nodes, which stay enrolled. */
export async function resetCluster(ports: Reconciling, { id }: Pick<Cluster, 'id'>): Promise<void> {
  await reconcile(ports, id, (draft) => {
    const { cluster, nodes } = draft
    if (cluster.desired === 'reset' && cluster.state === 'RESETTING') return
    // All nodes are reset, so no master can or has to remove a leaving node from the cluster.
    for (const node of nodes) if (node.leaving !== 'no') draft.setNode(node.id, { leaving: 'no' })
    if (cluster.upgrade) draft.setCluster({ upgrade: null })
    setDesired(draft, { desired: 'reset' })
  })
}

export async function deleteCluster(ports: Reconciling, { id, name }: Cluster, force: boolean): Promise<void> {
  const done = await changeCluster(ports, id, (draft) => {
    const nodes = present(draft)
    const inUse = nodes.find(mayHaveKubernetes)
    if (inUse && !force) {
      const forced = { do: 'cluster.delete', cluster: name, force: true } as const
      const fix = remedy`${{ do: 'cluster.reset', cluster: name }} first; or, if the machines no longer exist: ${forced}`
      throw refusal('cluster/in-use', `node ${inUse.name} is ${inUse.state}: Kubernetes may be installed on it`, fix)
    }
    for (const node of nodes) forget(draft, node)
    draft.removeCluster()
    return nodes
  })
  for (const node of done?.result ?? []) ports.presence.deliver(node.id)
  ports.changes.announce()
}

/**
 * READY nodes that this attempt repairs, by running each of their steps again. None if the attempt only adds nodes to a
 * cluster without problems.
 */
function repairsOf(asked: Cluster, members: readonly Member[]): Member[] {
  const isBegun = members.some((member) => isStartable(member, asked) || member.node.state === 'PROVISIONING')
  if (isBegun && !asked.problems.some(({ counts }) => counts)) return []
  const isWaiting = (member: Member) => isRepairable(member, asked)
  const repairAttempt = asked.attempt
  return members.filter((member) => !isWaiting(member) && isRepairable(member, { ...asked, repairAttempt }))
}

function planOfRepair(member: Member, members: readonly Member[]): PlannedNode {
  const { id, name } = member.node
  const because = 'repair: runs each step whose result is missing'
  return { id, name, role: repairTaskOf(members)(member), repair: true, because }
}

/** `endpoint`: the nodes that have joined move to it first. */
function planOf(
  { node }: Member,
  isStarting: boolean,
  members: readonly Member[],
  endpoint: string | undefined,
): PlannedNode {
  const { id, name, state, leaving } = node
  if (isStarting) {
    return {
      id,
      name,
      role: taskFor(node, members),
      repair: false,
      because: state === 'FAILED' ? 'retry after FAILED' : 'configured',
    }
  }
  const moves = endpoint !== undefined && state === 'READY' ? `; first moves to the API endpoint ${endpoint}` : ''
  const because = leaving === 'no' ? `is ${state}${moves}` : 'is being removed'
  return { id, name, role: null, repair: false, because }
}

function problemOf({ bundles }: HasBundles, data: ClusterData, node: Node) {
  const { cluster } = data
  const moved = movedProblem(node, cluster.name, hasBegun(data, node))
  if (moved) return moved
  const arch = node.facts?.os.arch ?? 'x64'
  const { kubernetesVersion } = cluster.settings
  if (bundles.pick(kubernetesVersion, arch)) return undefined
  return {
    code: 'bundle/none',
    message: `there is no bundle of Kubernetes ${kubernetesVersion} for ${arch} (node ${node.name}); imported bundles: ${bundles.names().join(', ') || 'none'}`,
    ...remedy`${{ do: 'bundle.import' }}`,
  }
}

function noNodes(cluster: Cluster) {
  return {
    code: 'cluster/no-nodes',
    message: `cluster ${cluster.name} has no configured node; wanted at least one master`,
    ...remedy`${{ do: 'node.list' }}, then: ${{ do: 'node.approve' }}; ${{ do: 'node.configure', roles: ['master', 'worker'] }}`,
  }
}
