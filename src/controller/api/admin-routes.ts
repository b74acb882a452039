import { type ClusterView, CreateClusterRequest } from '../../protocol/api/clusters.ts'
import type { EventsResponse, LogEntry } from '../../protocol/api/events.ts'
import { ConfigureRequest } from '../../protocol/api/nodes.ts'
import {
  createCluster,
  deleteCluster,
  planCluster,
  provisionCluster,
  resetCluster,
} from '../clusters/cluster-commands.ts'
import { healthOf } from '../clusters/health.ts'
import type { Core } from '../core.ts'
import type { StoredEvent } from '../domain/records.ts'
import { clusterByName, nodeById } from '../nodes/find.ts'
import { approve, configure, remove } from '../nodes/node-commands.ts'
import { checkPairs } from '../pair-checks/check-pairs.ts'
import { clusterView, nodeDetail, nodeView } from '../views/views.ts'
import { type Exchange, numberOf, type Route, readBody, reply } from './exchange.ts'

const MAX_WAIT_MS = 30_000
const MAX_EVENTS = 500
/** Four overrides of 32 KiB, escaped. */
const MAX_CLUSTER_BYTES = 512 * 1024

const admin = (
  method: Route['method'],
  path: RegExp,
  answer: (exchange: Exchange) => unknown | Promise<unknown>,
): Route => ({
  method,
  path,
  roles: ['admin'],
  handle: async (exchange) => reply(exchange.response, 200, await answer(exchange)),
})

const cluster = ({ core, captured }: Exchange) => clusterByName(core, decodeURIComponent(captured))
const node = ({ core, captured }: Exchange) => nodeById(core, captured)
const isForced = ({ query }: Exchange) => query.get('force') === '1'
const seen = (exchange: Exchange): ClusterView => clusterView(exchange.core, cluster(exchange))
const seenNode = (exchange: Exchange) => nodeDetail(exchange.core, node(exchange))

export const adminRoutes: readonly Route[] = [
  admin('GET', /^\/v1\/clusters$/, ({ core }) =>
    core.store.clusters.where('1 ORDER BY name').map((each) => clusterView(core, each)),
  ),
  admin('POST', /^\/v1\/clusters$/, async ({ core, request }) =>
    createCluster(core, await readBody(request, CreateClusterRequest, MAX_CLUSTER_BYTES)),
  ),
  admin('GET', /^\/v1\/clusters\/([^/]+)$/, seen),
  admin('DELETE', /^\/v1\/clusters\/([^/]+)$/, (exchange) => {
    deleteCluster(exchange.core, cluster(exchange), isForced(exchange))
    return {}
  }),
  admin('GET', /^\/v1\/clusters\/([^/]+)\/plan$/, (exchange) => planCluster(exchange.core, cluster(exchange))),
  admin('POST', /^\/v1\/clusters\/([^/]+)\/provision$/, async (exchange) => {
    await provisionCluster(exchange.core, cluster(exchange))
    return seen(exchange)
  }),
  admin('POST', /^\/v1\/clusters\/([^/]+)\/reset$/, (exchange) => {
    resetCluster(exchange.core, cluster(exchange))
    return seen(exchange)
  }),
  admin('POST', /^\/v1\/clusters\/([^/]+)\/precheck$/, (exchange) =>
    checkPairs(exchange.core, cluster(exchange), exchange.signal),
  ),
  admin('GET', /^\/v1\/clusters\/([^/]+)\/health$/, (exchange) => healthOf(exchange.core, cluster(exchange))),
  admin('GET', /^\/v1\/nodes$/, ({ core, query }) => listNodes(core, query)),
  admin('GET', /^\/v1\/nodes\/([^/]+)$/, seenNode),
  admin('DELETE', /^\/v1\/nodes\/([^/]+)$/, (exchange) => {
    remove(exchange.core, node(exchange), isForced(exchange))
    return {}
  }),
  admin('POST', /^\/v1\/nodes\/([^/]+)\/approve$/, (exchange) => {
    approve(exchange.core, node(exchange))
    return seenNode(exchange)
  }),
  admin('POST', /^\/v1\/nodes\/([^/]+)\/configure$/, async (exchange) => {
    configure(exchange.core, node(exchange), await readBody(exchange.request, ConfigureRequest))
    return seenNode(exchange)
  }),
  admin('GET', /^\/v1\/events$/, events),
]

function listNodes(core: Core, query: URLSearchParams) {
  const name = query.get('cluster')
  const of = name === null ? undefined : clusterByName(core, name).id
  const states = query.get('all') === '1' ? '1' : "state <> 'REMOVED'"
  const found =
    of === undefined
      ? core.store.nodes.where(`${states} ORDER BY created_at, id`)
      : core.store.nodes.where(`${states} AND cluster_id = ? ORDER BY created_at, id`, of)
  return found.map((each) => nodeView(core, each))
}

/** `after` absent: from the beginning; `tail=1`: only the last number. Waits for the next one at most `waitMs`. */
async function events({ core, query, signal }: Exchange): Promise<EventsResponse> {
  if (query.get('tail') === '1') return { events: [], last: core.store.lastEvent() }
  const after = numberOf(query, 'after', 0, Number.MAX_SAFE_INTEGER)
  const filter: [string, string | null][] = [
    ['cluster_id', query.has('cluster') ? clusterByName(core, query.get('cluster') ?? '').id : null],
    ['node_id', query.get('node')],
    ['run_id', query.get('run')],
  ]
  const given = filter.flatMap(([column, value]) => (value === null ? [] : [{ column, value }]))
  const condition = ['seq > ?', ...given.map(({ column }) => `${column} = ?`)].join(' AND ')
  const read = () => {
    const values = given.map(({ value }) => value)
    const found = core.store.events.where(`${condition} ORDER BY seq LIMIT ${MAX_EVENTS}`, after, ...values)
    return found.length > 0 ? found : undefined
  }
  const found = (await core.changes.until(read, numberOf(query, 'waitMs', 0, MAX_WAIT_MS), signal)) ?? []
  return { events: found.map((event) => entry(core, event)), last: found.at(-1)?.seq ?? after }
}

function entry(core: Core, { seq, at, clusterId, nodeId, runId, event }: StoredEvent): LogEntry {
  const about = nodeId === null ? undefined : core.store.nodes.get(nodeId)
  return {
    seq,
    at,
    cluster: core.store.clusters.get(clusterId)?.name ?? '',
    node: nodeId === null ? null : { id: nodeId, name: about?.name ?? '' },
    run: runId,
    event,
  }
}
