import { AgentError } from '../../../base/agent-error.ts'
import { type ClusterView, clusterRoutes } from '../../../protocol/api/clusters.ts'
import { eventRoutes, type LogEntry } from '../../../protocol/api/events.ts'
import { notReadyReason } from '../clusters/problem-text.ts'
import type { AdminClient } from '../session/client.ts'
import { retryUnreachable } from '../session/retry-unreachable.ts'
import { eventLine } from './event-line.ts'
import { type Followed, followEvents, lastEvent, whileRead } from './follow-events.ts'
import { jsonView } from './json-view.ts'
import { type View, watchView } from './watch-view.ts'

export interface WatchOptions {
  /** Ends when the cluster has this state. */
  until?: string
  timeoutMs?: number
  output?: 'text' | 'json'
  /** Default: standard output. */
  out?: NodeJS.WriteStream
}

const WAIT_MS = 10_000
/** Without --timeout: a problem that passes by itself has passed by then. */
const DEGRADED_MS = 600_000
/** The progress of a step is not an event, so a terminal is redrawn at this interval. */
const REDRAW_MS = 1_000

/**
 * Shows the progress of a cluster until it reaches a state. Without `until` and a timeout, it ends when nobody reads
 * standard output. Throws `watch/failed` when the cluster is FAILED, `watch/timeout`, and `watch/degraded` if it waits for another state
 * of a cluster that stays DEGRADED while no run changes it.
 */
export async function watchCluster(client: AdminClient, name: string, options: WatchOptions): Promise<void> {
  const deadlineMs = performance.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY)
  const { out = process.stdout } = options
  const view = options.output === 'json' ? jsonView(out) : watchView(out)
  const after = await retryUnreachable(() => lastEvent(client))
  const note = options.output === 'json' ? {} : { note: (line: string) => view.log([line]) }
  const events = followEvents(client, eventRoutes.listEvents, { cluster: name, after }, note)
  const watching = follow(client, events, view, name, { ...options, deadlineMs })
  const isEndless = options.until === undefined && options.timeoutMs === undefined
  await (isEndless ? whileRead(events, watching) : watching.finally(() => events.close()))
}

async function follow(
  client: AdminClient,
  events: Followed<LogEntry>,
  view: View,
  name: string,
  options: WatchOptions & { deadlineMs: number },
): Promise<void> {
  const show = () => retryUnreachable(() => client.ask(clusterRoutes.showCluster, { params: { name } }))
  let degradedMs: number | undefined
  try {
    let cluster = await show()
    for (;;) {
      view.draw(cluster)
      if (isOver(cluster, options)) return
      const leftMs = options.deadlineMs - performance.now()
      if (leftMs <= 0) throw timeout(cluster, options)
      degradedMs = isStuck(cluster) ? (degradedMs ?? performance.now()) : undefined
      if (isLasting(degradedMs, options)) throw degraded(cluster, options)
      const waitMs = Math.max(1, Math.floor(Math.min(process.stdout.isTTY ? REDRAW_MS : WAIT_MS, leftMs)))
      const found = await events.next(waitMs)
      cluster = await show()
      view.log(linesOf(found))
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
    message: 'the controller reports no reason',
    fix: `see: controller cluster logs ${cluster.name}`,
  }
  throw new AgentError(code, `cluster ${cluster.name} is FAILED: ${message}`, { fix, kind: 'failed' })
}

/** DEGRADED, and no run is at work that could end it. */
export const isStuck = ({ state, nodes }: Pick<ClusterView, 'state' | 'nodes'>): boolean =>
  state === 'DEGRADED' && !nodes.some(({ run }) => run?.state === 'open')

const isLasting = (sinceMs: number | undefined, { until, timeoutMs }: WatchOptions) =>
  until !== undefined && timeoutMs === undefined && sinceMs !== undefined && performance.now() - sinceMs >= DEGRADED_MS

function degraded({ name, problems }: ClusterView, { until }: WatchOptions): AgentError {
  const found = problems.map(({ message }) => message).join('; ')
  const message = `cluster ${name} has been DEGRADED for ${DEGRADED_MS / 60_000} minutes; wanted ${until}: ${found}`
  return new AgentError('watch/degraded', message, {
    fix: `see: controller cluster show ${name}; to wait for longer, pass --timeout`,
    kind: 'failed',
  })
}

function timeout(cluster: ClusterView, { until, timeoutMs = 0 }: WatchOptions): AgentError {
  const found = `timed out after ${Math.round(timeoutMs / 1_000)} s: cluster ${cluster.name} is ${cluster.state}${notReadyReason(cluster)}`
  return new AgentError('watch/timeout', `${found}; wanted ${until ?? 'READY'}`, {
    fix: `pass a longer --timeout, or see: controller cluster logs ${cluster.name}`,
    kind: 'failed',
  })
}
