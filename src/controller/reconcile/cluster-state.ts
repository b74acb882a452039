import type { ErrorReport } from '../../base/agent-error.ts'
import type { ClusterState } from '../../protocol/api/clusters.ts'
import type { Problem } from '../../protocol/api/nodes.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { Draft } from '../domain/draft.ts'
import { SLOW_REPAIR } from '../domain/problems/problems.ts'
import type { Cluster } from '../domain/records.ts'
import type { HasClock } from '../ports.ts'

/**
 * What people see: one that was READY and has problems is DEGRADED, also while it is repaired. Once they are gone it is
 * READY again, after the last repair has ended.
 */
export function visibleClusterState({ state, problems }: Pick<Cluster, 'state' | 'problems'>): ClusterState {
  const isUp = state === 'READY' || state === 'REPAIRING'
  if (isUp && problems.some(({ counts }) => counts)) return 'DEGRADED'
  return state === 'REPAIRING' ? 'PROVISIONING' : state
}

/** Those that are not over in a moment. What the operator has told is as old as its last report. */
export function problemsNow(clock: Pick<HasClock, 'now'>, { problems, reportAt }: Cluster): Problem[] {
  const now = clock.now().toISOString()
  return problems
    .filter(({ counts }) => counts)
    .map(({ code, node, message, since, seenBy }) => ({
      ...{ code, node, message, since },
      seenAt: seenBy === 'operator' ? (reportAt ?? now) : now,
    }))
}

/** Appends the cluster's state to its events, where that is not what it was. */
export function tellClusterState(draft: Draft, before: Cluster): void {
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
  const look = remedy`look: ${{ do: 'cluster.show', cluster: name }}`
  const mend = remedy`what is missing is mended by: ${{ do: 'cluster.provision', cluster: name }}`
  const node = first.node === null ? {} : { node: first.node }
  const restart = {
    do: 'shell',
    command: 'systemctl restart cantrip-agent',
    ...(first.node && { on: first.node }),
  } as const
  const goOn = remedy`what it does: ${{ do: 'node.logs', ...node }}; to let it go on anew, there: ${restart}`
  const mending = remedy`${look}; ${first.code === SLOW_REPAIR ? goOn : mend}`
  return { code: first.code, message: `${first.message}${more}`, ...mending }
}
