import type { ClusterView, clusterRoutes } from '../../../protocol/api/clusters.ts'
import type { eventRoutes } from '../../../protocol/api/events.ts'
import type { nodeRoutes } from '../../../protocol/api/nodes.ts'
import { isAllowed } from '../../../protocol/api/people/permissions.ts'
import type { HasActs } from '../../audit/recorded.ts'
import {
  createCluster,
  deleteCluster,
  planCluster,
  provisionCluster,
  resetCluster,
} from '../../clusters/cluster-commands.ts'
import { healthOf } from '../../clusters/health.ts'
import { approve } from '../../nodes/approval.ts'
import { clusterByName, clusterOf, nodeById } from '../../nodes/find.ts'
import { configure, label, remove } from '../../nodes/node-commands.ts'
import { cordonNode, drainNode, uncordonNode } from '../../nodes/scheduling.ts'
import { checkPairs } from '../../pair-checks/check-pairs.ts'
import type { Services } from '../../services.ts'
import { eventPage } from '../../views/event-page.ts'
import { entriesOf } from '../../views/log-entries.ts'
import { pageFrom } from '../../views/page.ts'
import { clusterView, type ListedNode, listedNodes, nodeDetail } from '../../views/views.ts'
import { MAX_EVENTS, PAGE_BYTES } from '../limits.ts'
import { settingsHandlers } from './clusters/settings.ts'
import { upgradeHandlers } from './clusters/upgrades.ts'
import type { Handlers } from './handler.ts'
import { requirePermission, visibleClusters } from './projects.ts'

/** By what lists can be sorted; the first is the default. */
const CLUSTER_KEYS = {
  name: ({ name }: ClusterView) => name,
  state: ({ state }: ClusterView) => state,
  project: ({ project }: ClusterView) => project,
}
const NODE_KEYS = {
  age: ({ createdAt }: ListedNode) => createdAt,
  name: ({ name }: ListedNode) => name,
  cluster: ({ cluster }: ListedNode) => cluster,
  state: ({ state }: ListedNode) => state,
}
const id = ({ id: own }: { id: string }) => own

export function clusterHandlers(core: Services): Handlers<typeof clusterRoutes> {
  const named = ({ params }: { params: { name: string } }) => clusterByName(core, params.name)
  const view = async (asked: { params: { name: string } }) => clusterView(core, await named(asked))
  return {
    async listClusters({ identity, query: { state, project, ...paging } }) {
      const found = (await visibleClusters(core, identity)).filter(
        (each) => project === undefined || each.project === project,
      )
      const views = await Promise.all(found.map((each) => clusterView(core, each)))
      const wanted = views.filter((view) => state === undefined || view.state === state)
      return pageFrom(wanted, paging, { keys: CLUSTER_KEYS, id, shown: (view) => view, maxBytes: PAGE_BYTES })
    },
    createCluster({ body, identity }) {
      requirePermission(identity, 'operate', body.project)
      if (body.settings.autoApprove) requirePermission(identity, 'approve', body.project)
      return createCluster(core, body, identity.name)
    },
    showCluster: view,
    async deleteCluster(asked) {
      await deleteCluster(core, await named(asked), asked.query.force === '1')
      return {}
    },
    planCluster: async (asked) => planCluster(core, await named(asked)),
    async provisionCluster(asked) {
      await provisionCluster(core, await named(asked))
      return view(asked)
    },
    async resetCluster(asked) {
      await resetCluster(core, await named(asked))
      return view(asked)
    },
    checkPairs: async (asked) => checkPairs(core, await named(asked), asked.signal),
    showHealth: async (asked) => healthOf(core, await named(asked)),
    ...upgradeHandlers(core),
    ...settingsHandlers(core),
  }
}

export function nodeHandlers(core: Services & HasActs): Handlers<typeof nodeRoutes> {
  const found = ({ params }: { params: { id: string } }) => nodeById(core, params.id)
  const view = async (asked: { params: { id: string } }) => nodeDetail(core, await found(asked))
  return {
    async listNodes({ identity, query: { cluster, all, state, role, ...paging } }) {
      const clusters = (await visibleClusters(core, identity, cluster)).map(({ id }) => id)
      const found = await listedNodes(core, { clusters, withRemoved: all === '1' || state === 'REMOVED' })
      const wanted = found.filter(
        (view) => (state === undefined || view.state === state) && (role === undefined || view.roles.includes(role)),
      )
      return pageFrom(wanted, paging, { keys: NODE_KEYS, id, shown: ({ view }) => view(), maxBytes: PAGE_BYTES })
    },
    showNode: view,
    async removeNode(asked) {
      const node = await found(asked)
      // To remove a node that waits for its approval is to refuse it.
      if (node.state !== 'DISCOVERED')
        requirePermission(asked.identity, 'operate', (await clusterOf(core, node)).project)
      await remove(core, node, asked.query.force === '1')
      return {}
    },
    async approveNode(asked) {
      await approve(core, await found(asked), asked.query.replace)
      return view(asked)
    },
    cordonNode: async (asked) => cordonNode(core, await found(asked)),
    uncordonNode: async (asked) => uncordonNode(core, await found(asked)),
    drainNode: async (asked) => drainNode(core, await found(asked), asked.body),
    async configureNode(asked) {
      await configure(core, await found(asked), asked.body)
      return view(asked)
    },
    async labelNode(asked) {
      await label(core, await found(asked), asked.body)
      return view(asked)
    },
  }
}

export const eventHandlers = (core: Services): Handlers<typeof eventRoutes> => ({
  async listEvents({ identity, query, signal }) {
    if (query.tail === '1') return { events: [], last: await core.store.lastEvent() }
    const { after = 0, node, run, waitMs = 0 } = query
    const cluster =
      query.cluster === undefined ? undefined : (await visibleClusters(core, identity, query.cluster))[0]?.id
    const seesAll = isAllowed(identity.grants, 'view', null)
    const read = async () => {
      const limits = { events: MAX_EVENTS, bytes: PAGE_BYTES }
      // A cluster can be created, and events follow, while the request waits.
      const clusters = seesAll || cluster ? undefined : (await visibleClusters(core, identity)).map(({ id }) => id)
      const found = await eventPage(core.store, { after, cluster, clusters, node, run }, limits)
      return found.length > 0 ? found : undefined
    }
    const found = (await core.changes.until(read, waitMs, signal)) ?? []
    return { events: await entriesOf(core, found), last: found.at(-1)?.seq ?? after }
  },
})
