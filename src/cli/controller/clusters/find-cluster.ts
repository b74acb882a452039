import { type ClusterView, clusterRoutes } from '../../../protocol/api/clusters.ts'
import type { AdminClient } from '../session/client.ts'
import { resolve } from '../session/resolve.ts'

/** The cluster of that name or id, or of the beginning of either. */
export async function findCluster(client: AdminClient, query: string): Promise<ClusterView> {
  return resolve('cluster', query, await client.ask(clusterRoutes.listClusters, {}))
}
