import { type ClusterView, clusterRoutes } from '../../../protocol/api/clusters.ts'
import type { AdminClient } from '../session/client.ts'
import { everyItem } from '../session/every-item.ts'
import { resolve } from '../session/resolve.ts'

/** For `argument`: what findCluster gets. */
export const CLUSTER = ['<cluster>', 'name or ID of the cluster, or a unique prefix'] as const

/** The cluster with this name or id, or with a name or id that begins with it. */
export async function findCluster(client: AdminClient, query: string): Promise<ClusterView> {
  return resolve('cluster', query, await everyItem(client, clusterRoutes.listClusters))
}
