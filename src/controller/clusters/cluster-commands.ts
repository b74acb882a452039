import { AgentError } from '../../base/agent-error.ts'
import { readCsr } from '../../pki/csr.ts'
import type {
  ClusterPlan,
  CreateClusterRequest,
  CreateClusterResponse,
  PlannedNode,
} from '../../protocol/api/clusters.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { Core } from '../core.ts'
import { refusal } from '../domain/admission.ts'
import { isStartable } from '../domain/director/outlook.ts'
import { isRepairable, repairRoleOf } from '../domain/director/repairs.ts'
import { newId } from '../domain/ids.ts'
import { admitLabels } from '../domain/labels.ts'
import { mastersProblem } from '../domain/problems/masters-problem.ts'
import { movedProblem } from '../domain/problems/moved-address.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { roleOf, wasTouched } from '../domain/shape.ts'
import type { Member } from '../domain/situation.ts'
import { admitSubnets } from '../domain/subnets.ts'
import { forget, hasBegun } from '../reconcile/node-state.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import { situationOf } from '../reconcile/situation-of.ts'
import { clusterView } from '../views/views.ts'

export function createCluster(core: Core, request: CreateClusterRequest): CreateClusterResponse {
  const { publicKey } = readCsr(request.csr)
  admitSubnets(request.settings)
  admitLabels(request.settings.labels)
  if (core.store.clusters.where('name = ?', request.name).length > 0) {
    throw refusal('cluster/exists', `cluster ${request.name} exists already`, 'choose another name')
  }
  const now = core.now()
  const cluster: Cluster = {
    id: newId('c'),
    name: request.name,
    state: 'NEW',
    settings: request.settings,
    desired: 'none',
    attempt: 0,
    repairAttempt: 0,
    desiredAt: null,
    readyAt: null,
    establishedAt: null,
    problems: [],
    endpoint: null,
    report: null,
    reportAt: null,
    gone: [],
    pairs: null,
    error: null,
    createdAt: now.toISOString(),
  }
  core.store.clusters.insert(cluster)
  core.changes.announce()
  const order = {
    role: 'enrol' as const,
    identity: cluster.id,
    publicKey,
    days: request.settings.installerTtlDays,
    now,
  }
  const enrolment = {
    format: 1 as const,
    urls: [...core.publicUrls],
    cluster: { id: cluster.id, name: cluster.name },
    subnets: { pod: request.settings.podSubnet, service: request.settings.serviceSubnet },
    instructionKey: core.authority.instructionKey,
  }
  const certificate = core.authority.clientCertificate(order)
  return { cluster: clusterView(core, cluster), installer: { certificate, ca: core.authority.ca, enrolment } }
}

/** What `provision` would do now. */
export async function planCluster(core: Core, cluster: Cluster): Promise<ClusterPlan> {
  await core.bundles.refresh()
  const members = situationOf(core, cluster.id)?.members ?? []
  const asked = { ...cluster, attempt: cluster.attempt + 1 }
  const starting = members.filter((member) => isStartable(member, asked))
  const repairing = repairsOf(asked, members)
  const problems = [...starting, ...repairing].flatMap(({ node }) => problemOf(core, cluster, node) ?? [])
  const problem = starting.length > 0 ? mastersProblem(cluster, members) : undefined
  if (problem) problems.push(problem)
  if (starting.length === 0 && !members.some(({ node }) => wasTouched(node))) problems.push(noNodes(cluster))
  const nodes = members.map((member) => {
    if (repairing.includes(member)) return planOfRepair(member, members)
    return planOf(member, starting.includes(member), members)
  })
  const arch = [...starting, ...repairing][0]?.node.facts?.os.arch ?? 'x64'
  return { bundle: core.bundles.pick(cluster.settings.kubernetesVersion, arch)?.name ?? null, nodes, problems }
}

/**
 * Wants the cluster up. Nodes that failed are tried again, and those that are READY are repaired; where all goes on already
 * nothing changes.
 */
export async function provisionCluster(core: Core, { id, ...before }: Cluster): Promise<void> {
  const { problems, nodes } = await planCluster(core, { id, ...before })
  const [problem] = problems
  if (problem) throw new AgentError(problem.code, problem.message, { ...problem, kind: 'refused' })
  // Another administrator may have asked for something meanwhile.
  const cluster = core.store.clusters.get(id)
  if (!cluster) throw refusal('cluster/gone', `cluster ${before.name} was deleted meanwhile`, 'nothing')
  if (nodes.every(({ role }) => role === null) && cluster.desired === 'provision') return
  const isRepair = nodes.some(({ repair }) => repair)
  want(core, cluster, { desired: 'provision', ...(isRepair && { repairAttempt: cluster.attempt + 1 }) })
}

/** Wants Kubernetes away from all nodes; they stay enrolled. */
export function resetCluster(core: Core, cluster: Cluster): void {
  if (cluster.desired === 'reset' && cluster.state === 'RESETTING') return
  // Nobody is left who could take a node out of the cluster, and nobody needs to.
  for (const { id } of core.store.nodes.where("cluster_id = ? AND leaving <> 'no'", cluster.id)) {
    core.store.nodes.update(id, { leaving: 'no' })
  }
  want(core, cluster, { desired: 'reset' })
}

export function deleteCluster(core: Core, cluster: Cluster, force: boolean): void {
  const nodes = core.store.nodes.where("cluster_id = ? AND state <> 'REMOVED'", cluster.id)
  const inUse = nodes.find(wasTouched)
  if (inUse && !force) {
    const gone = { do: 'cluster.delete', cluster: cluster.name, force: true } as const
    const fix = remedy`${{ do: 'cluster.reset', cluster: cluster.name }} first; or, where the machines are gone: ${gone}`
    throw refusal('cluster/in-use', `node ${inUse.name} is ${inUse.state}: Kubernetes may be on it`, fix)
  }
  core.store.transaction(() => {
    for (const node of nodes) forget(core, node)
  })
  for (const node of nodes) core.presence.deliver(node.id)
  core.store.clusters.remove(cluster.id)
  core.changes.announce()
}

function want(core: Core, cluster: Cluster, what: Pick<Cluster, 'desired'> & { repairAttempt?: number }): void {
  const desiredAt = core.now().toISOString()
  core.store.clusters.update(cluster.id, { ...what, attempt: cluster.attempt + 1, desiredAt, error: null })
  reconcile(core, cluster.id)
  core.changes.announce()
}

/**
 * READY nodes that look at each of their steps again: where nothing else begins or goes on, or something is wrong. To bring
 * a further node into a healthy cluster the others are left alone.
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
  const because = 'repair: whatever of its steps is not done is done again'
  return { id, name, role: repairRoleOf(members)(member), repair: true, because }
}

function planOf({ node }: Member, isStarting: boolean, members: readonly Member[]): PlannedNode {
  const { id, name, state, leaving } = node
  if (isStarting) {
    return {
      id,
      name,
      role: roleOf(node, members),
      repair: false,
      because: state === 'FAILED' ? 'tries again' : 'configured',
    }
  }
  return { id, name, role: null, repair: false, because: leaving === 'no' ? `is ${state}` : 'leaves' }
}

function problemOf(core: Core, cluster: Cluster, node: Node) {
  const moved = movedProblem(node, cluster.name, hasBegun(core, node))
  if (moved) return moved
  const arch = node.facts?.os.arch ?? 'x64'
  const { kubernetesVersion } = cluster.settings
  if (core.bundles.pick(kubernetesVersion, arch)) return undefined
  return {
    code: 'bundle/none',
    message: `there is no bundle of Kubernetes ${kubernetesVersion} for ${arch} (node ${node.name}); there are: ${core.bundles.names().join(', ') || 'none'}`,
    ...remedy`${{ do: 'bundle.import' }}`,
  }
}

function noNodes(cluster: Cluster) {
  return {
    code: 'cluster/no-nodes',
    message: `cluster ${cluster.name} has no configured node; wanted at least one with role master`,
    ...remedy`${{ do: 'node.list' }}, then: ${{ do: 'node.approve' }}; ${{ do: 'node.configure', roles: ['master', 'worker'] }}`,
  }
}
