import { isIPv6 } from 'node:net'
import type { Cluster, Node } from '../store/records.ts'

const API_PORT = 6443

/**
 * What a cluster's API is called, HOST:PORT. A single master goes by its address; several by a name that the nodes' own
 * DNS knows, unless there is a load balancer. It does not change while the cluster lives: certificates and kubeconfigs
 * hold it.
 */
export function endpointOf({ name, settings, endpoint }: Cluster, masters: readonly Node[]): string {
  const [first, ...others] = masters
  const own = others.length > 0 ? apiName(name) : (first?.address ?? '')
  return endpoint ?? settings.apiEndpoint ?? `${isIPv6(own) ? `[${own}]` : own}:${API_PORT}`
}

/** `.internal` is kept for private use, so no resolver elsewhere has an answer for it. */
export function apiName(cluster: string): string {
  return `api.${cluster}.cantrip.internal`
}
