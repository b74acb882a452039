import { createHash } from 'node:crypto'
import type { Cluster, Node } from '../domain/records.ts'

/** Fields that nodes and the controller change by themselves, or that have revisions of their own. */
const OF_CLUSTER: readonly (keyof Cluster)[] = [
  ...(['report', 'reportAt', 'unknownSince', 'etcd', 'problems', 'gone', 'pairs', 'upgrade', 'error'] as const),
  ...(['readyAt', 'establishedAt', 'endpoint', 'credentials', 'operatorSince', 'agentUpdate'] as const),
]
const OF_NODE: readonly (keyof Node)[] = [
  ...(['silent', 'facts', 'warnings', 'agentVersion', 'bootId', 'alarms', 'error'] as const),
  ...(['machine', 'operatorKeys', 'place', 'generation', 'upSeq', 'downSeq', 'lastSeen'] as const),
]

/** Changes with what people set, and with the state; not with what nodes report. 16 hexadecimal digits. */
export const clusterRevision = (cluster: Cluster): string => revisionOf(cluster, OF_CLUSTER)
export const nodeRevision = (node: Node): string => revisionOf(node, OF_NODE)

function revisionOf<T extends object>(record: T, without: readonly (keyof T)[]): string {
  const kept = Object.entries(record).filter(([field]) => !without.includes(field as keyof T))
  const text = JSON.stringify(kept.sort(([a], [b]) => (a < b ? -1 : 1)))
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
