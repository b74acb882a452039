import type { LogEntry } from '../../protocol/api/events.ts'
import type { StoredEvent } from '../domain/records.ts'
import type { HasStore } from '../ports.ts'

/** Adds the current names of cluster and node to events. */
export async function entriesOf({ store }: HasStore, events: readonly StoredEvent[]): Promise<LogEntry[]> {
  const clusterIds = new Set(events.map(({ clusterId }) => clusterId))
  const clusters = new Map((await store.clusters()).map(({ id, name }) => [id, name]))
  const nodes = await Promise.all([...clusterIds].map((id) => store.nodesOf(id)))
  const names = new Map(nodes.flat().map(({ id, name }) => [id, name]))
  return events.map(({ seq, at, clusterId, nodeId, runId, event }) => ({
    seq,
    at,
    cluster: clusters.get(clusterId) ?? '',
    node: nodeId === null ? null : { id: nodeId, name: names.get(nodeId) ?? '' },
    run: runId,
    event,
  }))
}
