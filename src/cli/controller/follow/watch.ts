import { AgentError } from '../../../base/agent-error.ts'
import { type ClusterView, clusterRoutes } from '../../../protocol/api/clusters.ts'
import { eventRoutes, type LogEntry } from '../../../protocol/api/events.ts'
import { readerLeft } from '../../kit/standard-streams.ts'
import { lackOf } from '../clusters/problem-text.ts'
import type { AdminClient } from '../session/client.ts'
import { patiently } from '../session/patience.ts'
import { lastEvent } from '../session/repeat.ts'
import { eventLine } from './event-line.ts'
import { drawing } from './watch-view.ts'

export interface WatchOptions {
  /** Ends when the cluster has this state. */
  until?: string
  timeoutMs?: number
}

const WAIT_MS = 10_000
/** How far a download has come is no event: a person is shown it now and then. */
const REDRAW_MS = 1_000

/** Shows how a cluster comes up; without `until` or a time it ends when its reader leaves. Throws `watch/failed` when it is FAILED, `watch/timeout` when it takes too long. */
export function watchCluster(client: AdminClient, name: string, options: WatchOptions): Promise<void> {
  const watching = follow(client, name, options)
  const isEndless = options.until === undefined && options.timeoutMs === undefined
  return isEndless ? Promise.race([watching, readerLeft(process)]) : watching
}

async function follow(client: AdminClient, name: string, options: WatchOptions): Promise<void> {
  const deadlineMs = performance.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY)
  const view = drawing(process.stdout)
  let last = await patiently(() => lastEvent(client))
  let cluster = await patiently(() => client.ask(clusterRoutes.showCluster, { params: { name } }))
  try {
    for (;;) {
      view.draw(cluster)
      if (isOver(cluster, options)) return
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0) throw timeout(cluster, options)
      const waitMs = Math.max(1, Math.floor(Math.min(process.stdout.isTTY ? REDRAW_MS : WAIT_MS, leftMs)))
      const query = { after: last, cluster: name, waitMs }
      const answer = await patiently(() => client.ask(eventRoutes.listEvents, { query }, { waitMs }))
      last = answer.last
      cluster = await patiently(() => client.ask(clusterRoutes.showCluster, { params: { name } }))
      view.tell(linesOf(answer.events))
    }
  } finally {
    view.end()
  }
}

function linesOf(events: readonly LogEntry[]): string[] {
  return events.flatMap((entry) => eventLine(entry) ?? [])
}

function isOver(cluster: ClusterView, { until }: WatchOptions): boolean {
  if (until !== undefined && cluster.state === until.toUpperCase()) return true
  if (cluster.state !== 'FAILED') return false
  const { code, message, fix } = cluster.error ?? {
    code: 'watch/failed',
    message: 'it failed',
    fix: "look at the node's logs",
  }
  throw new AgentError(code, `cluster ${cluster.name} is FAILED: ${message}`, { fix, kind: 'failed' })
}

function timeout(cluster: ClusterView, { until, timeoutMs = 0 }: WatchOptions): AgentError {
  const found = `timed out after ${Math.round(timeoutMs / 1_000)} s: cluster ${cluster.name} is ${cluster.state}${lackOf(cluster)}`
  return new AgentError('watch/timeout', `${found}; wanted ${until ?? 'READY'}`, {
    fix: `pass a longer --timeout, or look at: controller cluster logs ${cluster.name}`,
    kind: 'failed',
  })
}
