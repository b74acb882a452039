import { keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query'
import type { ClusterView } from '../../protocol/api/clusters.ts'
import type { NodeView } from '../../protocol/api/nodes.ts'
import { answerOf, api, keepCsrf } from './client.ts'
import { everyItem } from './every-item.ts'
import { asProblem, isSignedOut } from './problem.ts'

/** A cluster without its nodes, of which there can be thousands. */
export type ClusterHead = Omit<ClusterView, 'nodes'>

const HEAD_FIELDS = [
  ...['id', 'name', 'project', 'revision', 'state', 'unknownSince', 'kubernetesVersion', 'settings', 'stages'],
  ...['waitingFor', 'problems', 'upgrade', 'pairs', 'agentUpdate', 'error'],
].join(',')
const MOST_ITEMS = 500

/** What is known of the controller; events say when to ask again. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async () => {
    try {
      const session = await answerOf(api.GET('/v1/session'))
      keepCsrf(session.csrf)
      return session
    } catch (error) {
      if (isSignedOut(error)) return null
      throw error
    }
  },
})

/** That somebody signed out, and the session did not end by itself. */
export const SIGNED_OUT = ['session', 'signed-out'] as const

export const loginOptionsQuery = queryOptions({
  queryKey: ['login-options'],
  queryFn: () => answerOf(api.GET('/v1/login')),
})

export const clustersQuery = queryOptions({
  queryKey: ['clusters'],
  queryFn: () =>
    everyItem<ClusterHead>((after) =>
      answerOf(api.GET('/v1/clusters', { params: { query: { fields: HEAD_FIELDS, limit: MOST_ITEMS, after } } })),
    ),
})

/** The nodes of a cluster, or of all. */
export const nodesQuery = (cluster?: string) =>
  queryOptions({
    queryKey: ['nodes', cluster ?? null],
    placeholderData: keepPreviousData,
    queryFn: () =>
      everyItem<NodeView>((after) =>
        answerOf(api.GET('/v1/nodes', { params: { query: { cluster, limit: MOST_ITEMS, after } } })),
      ),
  })

export const nodeQuery = (id: string) =>
  queryOptions({
    queryKey: ['node', id],
    queryFn: () => answerOf(api.GET('/v1/nodes/{id}', { params: { path: { id } } })),
  })

export const healthQuery = (name: string) =>
  queryOptions({
    queryKey: ['health', name],
    queryFn: () => answerOf(api.GET('/v1/clusters/{name}/health', { params: { path: { name } } })),
  })

export const bundlesQuery = queryOptions({
  queryKey: ['bundles'],
  queryFn: () => answerOf(api.GET('/v1/bundles')),
})

export const agentReleasesQuery = queryOptions({
  queryKey: ['agent-releases'],
  queryFn: () => answerOf(api.GET('/v1/agent-releases')),
})

const MOST_RETRIES = 3

/** Answers stay until an event says that they changed, or the window gets the focus again. */
export function createQueries(): QueryClient {
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: true,
        // Only while the controller does not answer: what it refuses, it refuses again.
        retry: (count, error) => asProblem(error).status === 0 && count < MOST_RETRIES,
      },
    },
  })
  const leave = (error: unknown) => {
    if (isSignedOut(error)) queries.setQueryData(sessionQuery.queryKey, null)
  }
  queries.getQueryCache().config.onError = leave
  queries.getMutationCache().config.onError = leave
  return queries
}
