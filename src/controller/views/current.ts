import type { ClusterState } from '../../protocol/api/clusters.ts'
import type { OperatorReport } from '../../protocol/api/operators.ts'
import type { NodeState } from '../../protocol/names.ts'
import { SUSPECT_MS } from '../../protocol/wire/session/limits.ts'
import { SILENT_MS } from '../domain/problems/problems.ts'
import type { Cluster, Node } from '../domain/records.ts'
import type { HasClock, HasPresence } from '../ports.ts'
import { visibleClusterState } from '../reconcile/cluster-state.ts'
import { lastContactOf, visibleState } from '../reconcile/node-state.ts'

/*
 * Nothing is shown as good after its source has been silent for longer than its bound. Silence is the age of the last message, also
 * if the controller was down meanwhile: it then does not know, and does not blame the source before that had time to return.
 */

type Looking = Pick<HasClock, 'now'> & HasPresence

/** Since when nothing was heard of a node for too long; undefined while it is heard. */
export function unheardSince(ports: Looking, node: Node): string | undefined {
  const last = lastContactOf(ports, node) ?? node.createdAt
  return ports.now().getTime() - Date.parse(last) >= SUSPECT_MS ? last : undefined
}

export function isConnectedNow(ports: Looking, node: Node): boolean {
  return ports.presence.isConnected(node.id) && unheardSince(ports, node) === undefined
}

/** UNKNOWN: it was READY, and has not been heard of since. */
export function nodeStateNow(ports: Looking, node: Node): NodeState | 'UNKNOWN' {
  const state = visibleState(node)
  return state === 'READY' && unheardSince(ports, node) !== undefined ? 'UNKNOWN' : state
}

/** The last report of the operator, unless it is too old. */
export function reportNow({ now }: Pick<HasClock, 'now'>, { report, reportAt }: Cluster): OperatorReport | undefined {
  const isCurrent = reportAt !== null && now().getTime() - Date.parse(reportAt) < SILENT_MS
  return isCurrent ? (report ?? undefined) : undefined
}

/** UNKNOWN: it was READY by the last report of the operator, which is too old. */
export function clusterStateNow({ now }: Pick<HasClock, 'now'>, cluster: Cluster): ClusterState | 'UNKNOWN' {
  const state = visibleClusterState(cluster)
  if (state !== 'READY' || cluster.reportAt === null) return state
  return now().getTime() - Date.parse(cluster.reportAt) >= SILENT_MS ? 'UNKNOWN' : state
}
