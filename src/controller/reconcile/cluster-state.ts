import type { ErrorReport } from '../../base/agent-error.ts'
import type { ClusterState } from '../../protocol/api/clusters.ts'
import type { Problem } from '../../protocol/api/nodes.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { ClusterData, Draft } from '../domain/draft.ts'
import { remedyOf } from '../domain/problems/remedies.ts'
import type { Cluster, KnownProblem } from '../domain/records.ts'
import type { HasClock, HasPresence } from '../ports.ts'
import { lastContactOf } from './node-state.ts'

/**
 * The state for views: a cluster that was READY and has problems is DEGRADED, also during a repair. It is READY again when it
 * has no problems and no running repair.
 */
export function visibleClusterState({ state, problems }: Pick<Cluster, 'state' | 'problems'>): ClusterState {
  const isUp = state === 'READY' || state === 'REPAIRING'
  if (isUp && problems.some(({ counts }) => counts)) return 'DEGRADED'
  return state === 'REPAIRING' ? 'PROVISIONING' : state
}

/**
 * The problems that count. One that the operator or an agent reported was last seen at the time of the last report, or of the last
 * contact with that agent; one of etcd when a master last looked at its members.
 */
export function problemsNow(
  ports: Pick<HasClock, 'now'> & HasPresence,
  { cluster, nodes }: Pick<ClusterData, 'cluster' | 'nodes'>,
): Problem[] {
  const { problems, reportAt } = cluster
  const now = ports.now().toISOString()
  const contactWith = (name: string | null) => {
    const node = nodes.find((each) => each.name === name && each.state !== 'REMOVED')
    return node === undefined ? null : lastContactOf(ports, node)
  }
  const seenAt = ({ code, seenBy, node }: KnownProblem) => {
    if (code.startsWith('etcd/')) return cluster.etcd?.at ?? now
    if (seenBy === 'operator') return reportAt ?? now
    return seenBy === 'agent' ? (contactWith(node) ?? now) : now
  }
  return problems
    .filter(({ counts }) => counts)
    .map((problem) => {
      const { code, node, message, since } = problem
      return { code, node, message, ...remedyOf(cluster, problem), since, seenAt: seenAt(problem) }
    })
}

/** The state for events: as for views, but it becomes UNKNOWN when the controller notices, and not by the clock alone. */
export function clusterStateInEvents(cluster: Cluster): ClusterState | 'UNKNOWN' {
  const state = visibleClusterState(cluster)
  return state === 'READY' && cluster.unknownSince !== null ? 'UNKNOWN' : state
}

/** Adds an event if the state of the cluster has changed. */
export function addClusterStateEvent(draft: Draft, before: Cluster): void {
  const { cluster } = draft
  const state = clusterStateInEvents(cluster)
  if (state === clusterStateInEvents(before)) return
  const at = draft.now.toISOString()
  const error = state === 'DEGRADED' ? degradedError(cluster) : cluster.error
  const since = state === 'UNKNOWN' && cluster.unknownSince !== null ? { since: cluster.unknownSince } : {}
  const event = { kind: 'cluster-state' as const, at, state, ...since, ...(error ? { error } : {}) }
  draft.addEvent({ at, nodeId: null, nodeSeq: null, runId: null, event })
}

export function degradedError(cluster: Cluster): ErrorReport | null {
  const [first, ...others] = cluster.problems.filter(({ counts }) => counts)
  if (!first) return null
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  const show = remedy`see: ${{ do: 'cluster.show', cluster: cluster.name }}`
  const rendered = remedy`${show}; ${remedyOf(cluster, first)}`
  return { code: first.code, message: `${first.message}${more}`, ...rendered }
}

/** Begins an attempt towards what people or the rules of the cluster want. */
export function setDesired(draft: Draft, what: Pick<Cluster, 'desired'> & { repairAttempt?: number }): void {
  const desiredAt = draft.now.toISOString()
  draft.setCluster({ ...what, attempt: draft.cluster.attempt + 1, desiredAt, error: null })
}
