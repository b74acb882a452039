import { isDeepStrictEqual } from 'node:util'
import type { ErrorReport } from '../../../base/agent-error.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { Instruction } from '../../../protocol/wire/instruction.ts'
import { SUSPECT_MS, UNREACHABLE_MS } from '../../../protocol/wire/session/limits.ts'
import { isUpdating } from '../agent-update/agent-update.ts'
import { problemsOf, SILENT_MS } from '../problems/problems.ts'
import type { Cluster, KnownProblem, Node, Run, Silence } from '../records.ts'
import { isSuperseded } from '../rejoin/rejoin.ts'
import { hasLostMasters, isBusy, lastRun, mayHaveKubernetes, takesPart, taskOf } from '../shape.ts'
import type { Member, Situation } from '../situation.ts'
import { moveToBegin, waitsForMove } from '../upgrade/endpoint-move.ts'
import { steer, type UpgradeDecision } from '../upgrade/steer.ts'
import { isActive } from '../upgrade/upgrade.ts'
import { isStartable, type Outlook, outlookOf } from './outlook.ts'
import { clusterReadiness, nodeReadiness } from './readiness.ts'
import { isFailedRepair, isInRepair } from './repairs.ts'

export type Decision =
  | { kind: 'silence'; nodeId: string; silent: Silence }
  | { kind: 'node'; nodeId: string; state: Node['state']; error: ErrorReport | null }
  /** Sends a new signed instruction of the cluster's current attempt. */
  | { kind: 'instruct'; nodeId: string; role: Instruction['role']; repair?: true; version?: string }
  | { kind: 'cancel'; runId: string }
  /** The node did not acknowledge the instruction in time. */
  | { kind: 'expire'; runId: string }
  /** `settled`: the desired state is reached, and `desired` becomes `none`. */
  | { kind: 'cluster'; state: Cluster['state']; error: ErrorReport | null; settled: boolean }
  /** Replaces the problems of a cluster that was READY. */
  | { kind: 'problems'; problems: KnownProblem[] }
  /** Since when the state of a READY cluster is not known; null: it is. */
  | { kind: 'unknown'; since: string | null }
  | UpgradeDecision

/** The next decisions. Pure: the same situation results in the same decisions, and a settled one in none. */
export function direct(situation: Situation): Decision[] {
  const { cluster, members, now } = situation
  const outlook = outlookOf(situation)
  const ofNodes = members.flatMap((member) => [
    ...silence(member),
    ...expiry(member, now),
    ...nextTask(member, cluster, outlook).filter((each) => mayFollow(each, situation)),
  ])
  // The state of the cluster depends on those of its nodes, and its problems on both.
  if (ofNodes.length > 0) return ofNodes
  const move = moveToBegin(situation)
  if (move) return [{ kind: 'upgrade', ...move }]
  const ofUpgrade = steer(situation)
  if (ofUpgrade.length > 0) return ofUpgrade
  const ofCluster = clusterState(situation)
  if (ofCluster.length > 0) return ofCluster
  const ofProblems = problems(situation)
  return ofProblems.length > 0 ? ofProblems : knowledge(situation)
}

/**
 * No run begins while the agent of the node is being updated: it would end when the former agent comes back. A node that is to join
 * waits while the others move to another API endpoint.
 */
function mayFollow(decision: Decision, situation: Situation): boolean {
  if (decision.kind !== 'instruct') return true
  if (isUpdating(situation.cluster.agentUpdate, decision.nodeId)) return false
  return decision.repair === true || !waitsForMove(situation, decision.role)
}

/** Only of a cluster without problems: they are more than not to know. */
function knowledge({ cluster, now }: Situation): Decision[] {
  const { state, reportAt, problems, unknownSince } = cluster
  const isFine = state === 'READY' && reportAt !== null && problems.every(({ counts }) => !counts)
  const since = isFine && now.getTime() - Date.parse(reportAt) >= SILENT_MS ? reportAt : null
  return since === unknownSince ? [] : [{ kind: 'unknown', since }]
}

function problems(situation: Situation): Decision[] {
  const found = problemsOf(situation)
  return isDeepStrictEqual(found, situation.cluster.problems) ? [] : [{ kind: 'problems', problems: found }]
}

function nextTask(member: Member, cluster: Cluster, outlook: Outlook): Decision[] {
  if (member.node.leaving !== 'no') return leave(member)
  if (cluster.desired === 'provision') return provision(member, cluster, outlook)
  return cluster.desired === 'reset' ? reset(member, cluster) : []
}

/** Resets the node after a master has removed it from the cluster. An unreachable node is REMOVED without a reset. */
function leave(member: Member): Decision[] {
  const { node } = member
  const run = lastRun(member)
  const isGone = !mayHaveKubernetes(node) || node.silent === 'unreachable'
  if (node.leaving === 'reset' && isGone) return [{ kind: 'node', nodeId: node.id, state: 'REMOVED', error: null }]
  const isBusy = run?.state === 'open' && run.role !== 'reset'
  if (isBusy) return run.cancel ? [] : [{ kind: 'cancel', runId: run.id }]
  if (node.leaving === 'retire' || run?.state === 'open') return []
  if (run?.role !== 'reset' || node.state !== 'PROVISIONING') {
    return [{ kind: 'instruct', nodeId: node.id, role: 'reset' }]
  }
  const isDone = run.state === 'done'
  return [{ kind: 'node', nodeId: node.id, state: isDone ? 'REMOVED' : 'FAILED', error: isDone ? null : errorOf(run) }]
}

function silence({ node, silentMs }: Member): Decision[] {
  const silent = silentMs >= UNREACHABLE_MS ? 'unreachable' : silentMs >= SUSPECT_MS ? 'suspect' : 'no'
  const isEnrolled = node.state !== 'DISCOVERED' || node.approvedAt !== null
  return isEnrolled && silent !== node.silent ? [{ kind: 'silence', nodeId: node.id, silent }] : []
}

function expiry(member: Member, now: Date): Decision[] {
  const run = lastRun(member)
  const isLost = run?.state === 'open' && !run.acknowledged && now.getTime() >= Date.parse(run.expiresAt)
  return isLost ? [{ kind: 'expire', runId: run.id }] : []
}

function provision(member: Member, cluster: Cluster, outlook: Outlook): Decision[] {
  const { node, run } = member
  const { firstMasterId, isLost, mayStart } = outlook
  if (node.state === 'READY') return repair(member, outlook)
  const role = taskOf(node, firstMasterId)
  if (isStartable(member, cluster)) {
    return mayStart.has(node.id) ? [{ kind: 'instruct', nodeId: node.id, role }] : []
  }
  if (node.state !== 'PROVISIONING' || !run) return []
  // The reset was requested before the cluster was provisioned again.
  if (run.role === 'reset') return afterReset(member, cluster)
  if (run.state === 'open') {
    // The first master has been removed, and this node becomes the first master.
    const isMisplaced = run.role !== role || isLost
    return isMisplaced && !run.cancel ? [{ kind: 'cancel', runId: run.id }] : []
  }
  if (isLost) return [{ kind: 'node', nodeId: node.id, state: 'FAILED', error: lostError(cluster) }]
  if (run.state === 'cancelled' && run.cancel && node.attempt === cluster.attempt) {
    // Its masters may have gone meanwhile.
    if (firstMasterId === undefined) {
      return [{ kind: 'node', nodeId: node.id, state: 'FAILED', error: noMasterError(cluster) }]
    }
    return [{ kind: 'instruct', nodeId: node.id, role }]
  }
  if (run.state !== 'done') return [{ kind: 'node', nodeId: node.id, state: 'FAILED', error: errorOf(run) }]
  const isReady = nodeReadiness(cluster, node, run).ready
  return isReady ? [{ kind: 'node', nodeId: node.id, state: 'READY', error: null }] : []
}

/** A READY node remains READY. The error of a failed repair is kept until the next repair. */
function repair(member: Member, outlook: Outlook): Decision[] {
  const { node, run, repair } = member
  const { repairTaskOf, mayRepair, mayRejoin, rejoinOrder, mayRenew } = outlook
  if (mayRepair.has(node.id) || mayRejoin === node.id) {
    const role = rejoinOrder(node) === undefined ? repairTaskOf({ node, run }) : 'restore-etcd'
    return [{ kind: 'instruct', nodeId: node.id, role, repair: true }]
  }
  if (mayRenew.has(node.id)) return [{ kind: 'instruct', nodeId: node.id, role: 'renew', repair: true }]
  const hasFailed = repair !== null && isFailedRepair(repair) && node.error === null && !isSuperseded(member)
  return hasFailed ? [{ kind: 'node', nodeId: node.id, state: 'READY', error: errorOf(repair) }] : []
}

function reset(member: Member, cluster: Cluster): Decision[] {
  const { node } = member
  const run = lastRun(member)
  if (!mayHaveKubernetes(node)) return []
  if (node.attempt < cluster.attempt) {
    if (run && isBusy(member)) return run.cancel ? [] : [{ kind: 'cancel', runId: run.id }]
    return [{ kind: 'instruct', nodeId: node.id, role: 'reset' }]
  }
  return afterReset(member, cluster)
}

function afterReset({ node, run }: Member, cluster: Cluster): Decision[] {
  if (node.state !== 'PROVISIONING' || !run || run.state === 'open') return []
  if (run.state !== 'done') return [{ kind: 'node', nodeId: node.id, state: 'FAILED', error: errorOf(run) }]
  const state = cluster.settings.autoApprove ? 'APPROVED' : 'DISCOVERED'
  return [{ kind: 'node', nodeId: node.id, state, error: null }]
}

function clusterState({ cluster, members }: Situation): Decision[] {
  const next = nextClusterState(cluster, members)
  const isSame = next.state === cluster.state && sameError(next.error, cluster.error)
  return isSame && !next.settled ? [] : [{ kind: 'cluster', ...next }]
}

function nextClusterState(cluster: Cluster, members: readonly Member[]) {
  const nodes = members.map(({ node }) => node).filter(({ leaving }) => leaving === 'no')
  const taking = nodes.filter((node) => takesPart(node, cluster))
  const failed = nodes.find((node) => node.state === 'FAILED' && node.attempt === cluster.attempt)
  const is = (state: Cluster['state'], settled = false, error: ErrorReport | null = null) => ({ state, error, settled })
  if (cluster.desired === 'none')
    return is(cluster.state === 'NEW' || taking.some(mayHaveKubernetes) ? cluster.state : 'NEW', false, cluster.error)
  if (failed) return is('FAILED', false, failed.error)
  if (cluster.desired === 'reset') return nodes.some(mayHaveKubernetes) ? is('RESETTING') : is('NEW', true)
  if (taking.length === 0) return is('NEW', true)
  if (hasLostMasters(members)) return is('FAILED', false, lostError(cluster))
  const isUp = taking.every((node) => node.state === 'READY')
  // Once established, the cluster remains READY whatever Kubernetes reports: `problems` make it DEGRADED.
  if (isUp && (cluster.state === 'READY' || cluster.establishedAt !== null)) {
    return is(members.some(isInRepair) || isActive(cluster.upgrade) ? 'REPAIRING' : 'READY')
  }
  return is(clusterReadiness(cluster, members).ready ? 'READY' : 'PROVISIONING')
}

export function lostError({ name }: Cluster): ErrorReport {
  return {
    code: 'masters/lost',
    message: `nodes of cluster ${name} belong to a cluster that has lost all its masters`,
    ...remedy`${{ do: 'cluster.reset', cluster: name }}, configure its nodes, then: ${{ do: 'cluster.provision', cluster: name }}`,
  }
}

export function noMasterError({ name }: Cluster): ErrorReport {
  return {
    code: 'cluster/no-master',
    message: `cluster ${name} has no node with the role master`,
    ...remedy`${{ do: 'node.configure', roles: ['master', 'worker'] }}`,
  }
}

function errorOf(run: Run): ErrorReport {
  const rendered = remedy`see: ${{ do: 'node.logs' }}; then retry: ${{ do: 'cluster.provision' }}`
  return run.error ?? { code: `run/${run.state}`, message: `run ${run.id} is ${run.state}`, ...rendered }
}

function sameError(a: ErrorReport | null, b: ErrorReport | null): boolean {
  return a?.code === b?.code && a?.message === b?.message
}
