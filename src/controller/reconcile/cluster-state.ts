import type { ErrorReport } from '../../base/agent-error.ts'
import type { ClusterState } from '../../protocol/api/clusters.ts'
import type { Problem } from '../../protocol/api/nodes.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { Draft } from '../domain/draft.ts'
import { isAlarm } from '../domain/problems/alarms.ts'
import { SLOW_REPAIR } from '../domain/problems/problems.ts'
import type { Cluster } from '../domain/records.ts'
import type { HasClock } from '../ports.ts'

/**
 * The state for views: a cluster that was READY and has problems is DEGRADED, also during a repair. It is READY again when it
 * has no problems and no running repair.
 */
export function visibleClusterState({ state, problems }: Pick<Cluster, 'state' | 'problems'>): ClusterState {
  const isUp = state === 'READY' || state === 'REPAIRING'
  if (isUp && problems.some(({ counts }) => counts)) return 'DEGRADED'
  return state === 'REPAIRING' ? 'PROVISIONING' : state
}

/** The problems that count. A problem that the operator reported was last seen at the time of its last report. */
export function problemsNow(clock: Pick<HasClock, 'now'>, { problems, reportAt }: Cluster): Problem[] {
  const now = clock.now().toISOString()
  return problems
    .filter(({ counts }) => counts)
    .map(({ code, node, message, since, seenBy }) => ({
      ...{ code, node, message, since },
      seenAt: seenBy === 'operator' ? (reportAt ?? now) : now,
    }))
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

function degradedError({ name, problems }: Cluster): ErrorReport | null {
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
  const next = first.code === SLOW_REPAIR ? retry : isAlarm(first.code) ? inspect : repair
  const rendered = remedy`${show}; ${next}`
  return { code: first.code, message: `${first.message}${more}`, ...rendered }
}
