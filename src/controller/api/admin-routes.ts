import { type ClusterView, CreateClusterRequest } from '../../protocol/api/clusters.ts'
import type { EventsResponse } from '../../protocol/api/events.ts'
import { ConfigureRequest } from '../../protocol/api/nodes.ts'
import {
  createCluster,
  deleteCluster,
  planCluster,
  provisionCluster,
  resetCluster,
} from '../clusters/cluster-commands.ts'
import { healthOf } from '../clusters/health.ts'
import { clusterByName, nodeById } from '../nodes/find.ts'
import { approve, configure, remove } from '../nodes/node-commands.ts'
import { checkPairs } from '../pair-checks/check-pairs.ts'
import type { Services } from '../services.ts'
import { entriesOf } from '../views/log-entries.ts'
import { clusterView, nodeDetail, nodeViews } from '../views/views.ts'
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
const seen = async (exchange: Exchange): Promise<ClusterView> => clusterView(exchange.core, await cluster(exchange))
const seenNode = async (exchange: Exchange) => nodeDetail(exchange.core, await node(exchange))

export const adminRoutes: readonly Route[] = [
  admin('GET', /^\/v1\/clusters$/, async ({ core }) =>
    Promise.all((await core.store.clusters()).map((each) => clusterView(core, each))),
  ),
  admin('POST', /^\/v1\/clusters$/, async ({ core, request }) =>
    createCluster(core, await readBody(request, CreateClusterRequest, MAX_CLUSTER_BYTES)),
  ),
  admin('GET', /^\/v1\/clusters\/([^/]+)$/, seen),
  admin('DELETE', /^\/v1\/clusters\/([^/]+)$/, async (exchange) => {
    await deleteCluster(exchange.core, await cluster(exchange), isForced(exchange))
    return {}
  }),
  admin('GET', /^\/v1\/clusters\/([^/]+)\/plan$/, async (exchange) =>
    planCluster(exchange.core, await cluster(exchange)),
  ),
  admin('POST', /^\/v1\/clusters\/([^/]+)\/provision$/, async (exchange) => {
    await provisionCluster(exchange.core, await cluster(exchange))
    return seen(exchange)
  }),
  admin('POST', /^\/v1\/clusters\/([^/]+)\/reset$/, async (exchange) => {
    await resetCluster(exchange.core, await cluster(exchange))
    return seen(exchange)
  }),
  admin('POST', /^\/v1\/clusters\/([^/]+)\/precheck$/, async (exchange) =>
    checkPairs(exchange.core, await cluster(exchange), exchange.signal),
  ),
  admin('GET', /^\/v1\/clusters\/([^/]+)\/health$/, async (exchange) =>
    healthOf(exchange.core, await cluster(exchange)),
  ),
  admin('GET', /^\/v1\/nodes$/, ({ core, query }) => listNodes(core, query)),
  admin('GET', /^\/v1\/nodes\/([^/]+)$/, seenNode),
  admin('DELETE', /^\/v1\/nodes\/([^/]+)$/, async (exchange) => {
    await remove(exchange.core, await node(exchange), isForced(exchange))
    return {}
  }),
  admin('POST', /^\/v1\/nodes\/([^/]+)\/approve$/, async (exchange) => {
    await approve(exchange.core, await node(exchange))
    return seenNode(exchange)
  }),
  admin('POST', /^\/v1\/nodes\/([^/]+)\/configure$/, async (exchange) => {
    await configure(exchange.core, await node(exchange), await readBody(exchange.request, ConfigureRequest))
    return seenNode(exchange)
  }),
  admin('GET', /^\/v1\/events$/, events),
]

async function listNodes(core: Services, query: URLSearchParams) {
  const name = query.get('cluster')
  const cluster = name === null ? undefined : (await clusterByName(core, name)).id
  return nodeViews(core, { cluster, withRemoved: query.get('all') === '1' })
}

/** `after` absent: from the beginning; `tail=1`: only the last number. Waits for the next one at most `waitMs`. */
async function events({ core, query, signal }: Exchange): Promise<EventsResponse> {
  if (query.get('tail') === '1') return { events: [], last: await core.store.lastEvent() }
  const after = numberOf(query, 'after', 0, Number.MAX_SAFE_INTEGER)
  const filter = {
    after,
    cluster: query.has('cluster') ? (await clusterByName(core, query.get('cluster') ?? '')).id : undefined,
    node: query.get('node') ?? undefined,
    run: query.get('run') ?? undefined,
  }
  const read = async () => {
    const found = await core.store.eventsAfter(filter, MAX_EVENTS)
    return found.length > 0 ? found : undefined
  }
  const found = (await core.changes.until(read, numberOf(query, 'waitMs', 0, MAX_WAIT_MS), signal)) ?? []
  return { events: await entriesOf(core, found), last: found.at(-1)?.seq ?? after }
}
