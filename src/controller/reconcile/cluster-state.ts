import type { ErrorReport } from '../../base/agent-error.ts'
import type { ClusterState } from '../../protocol/api/clusters.ts'
import type { Problem } from '../../protocol/api/nodes.ts'
import { fixOf, remedy } from '../../protocol/api/remedy.ts'
import type { ClusterData, Draft } from '../domain/draft.ts'
import { isAlarm } from '../domain/problems/alarms.ts'
import { FAILED_UPGRADE } from '../domain/problems/failed-upgrade.ts'
import { SLOW_REPAIR } from '../domain/problems/problems.ts'
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
 * contact with that agent.
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
  const seenAt = ({ seenBy, node }: KnownProblem) => {
    if (seenBy === 'operator') return reportAt ?? now
    return seenBy === 'agent' ? (contactWith(node) ?? now) : now
  }
  return problems
    .filter(({ counts }) => counts)
    .map((problem) => {
      const { code, node, message, since } = problem
      return { code, node, message, since, seenAt: seenAt(problem) }
    })
}

/** Adds an event if the state of the cluster has changed. */
export function addClusterStateEvent(draft: Draft, before: Cluster): void {
  const { cluster } = draft
  const state = visibleClusterState(cluster)
  if (state === visibleClusterState(before)) return
  const at = draft.now.toISOString()
  const error = state === 'DEGRADED' ? degradedError(cluster) : cluster.error
  const event = { kind: 'cluster-state' as const, at, state, ...(error ? { error } : {}) }
  draft.addEvent({ at, nodeId: null, nodeSeq: null, runId: null, event })
}

export function degradedError({ name, problems, upgrade }: Cluster): ErrorReport | null {
  const [first, ...others] = problems.filter(({ counts }) => counts)
  if (!first) return null
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  const show = remedy`see: ${{ do: 'cluster.show', cluster: name }}`
  const repair = remedy`to repair: ${{ do: 'cluster.provision', cluster: name }}`
  const node = first.node === null ? {} : { node: first.node }
  const restart = {
    do: 'shell',
    command: 'systemctl restart cantrip-agent',
    ...(first.node && { on: first.node }),
  } as const
  const retry = remedy`to see its progress: ${{ do: 'node.logs', ...node }}; to restart it, on the node: ${restart}`
  const inspect = remedy`to see what to do: ${{ do: 'node.show', ...node }}`
  const ofUpgrade = first.code === FAILED_UPGRADE ? upgrade?.error : null
  const other = first.code === SLOW_REPAIR ? retry : isAlarm(first.code) ? inspect : repair
  const next = ofUpgrade ? fixOf(ofUpgrade) : other
  const rendered = remedy`${show}; ${next}`
  return { code: first.code, message: `${first.message}${more}`, ...rendered }
}

/** Begins an attempt towards what people or the rules of the cluster want. */
export function setDesired(draft: Draft, what: Pick<Cluster, 'desired'> & { repairAttempt?: number }): void {
  const desiredAt = draft.now.toISOString()
  draft.setCluster({ ...what, attempt: draft.cluster.attempt + 1, desiredAt, error: null })
}
