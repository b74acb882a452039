import { hostPort } from '../../../base/net/address.ts'
import { API_PORT } from '../../../base/net/api-port.ts'
import type { Cluster } from '../records.ts'
import { firstMaster, hasBegun, hasJoined, mastersOf, mayHaveKubernetes } from '../shape.ts'
import type { Member } from '../situation.ts'

/**
 * The API endpoint of a cluster, HOST:PORT: the load balancer if there is one, else the address of a single master, else a
 * name that the node DNS resolves. It never changes while the cluster exists, because certificates and kubeconfigs contain
 * it.
 */
export function endpointOf(cluster: Cluster, members: readonly Member[]): string {
  const kept = isEstablished(members) ? cluster.endpoint : null
  return kept ?? freshEndpoint(cluster, members)
}

/** The API endpoint if the cluster were created now. */
export function freshEndpoint({ name, settings }: Cluster, members: readonly Member[]): string {
  const [first, ...others] = mastersOf(members)
  const own = others.length > 0 ? apiName(name) : (first?.address ?? '')
  return settings.apiEndpoint ?? hostPort(own, API_PORT)
}

/**
 * Whether a node may use the endpoint: the first master has begun, or another node may have joined. Otherwise the former
 * first master was removed before any other node used its address.
 */
function isEstablished(members: readonly Member[]): boolean {
  const first = firstMaster(members)
  return members.some(
    (member) =>
      (member.node.id === first?.id && hasBegun(member)) || (mayHaveKubernetes(member.node) && hasJoined(member)),
  )
}

/** ICANN reserves `.internal` for private use, so no public resolver answers for it. */
function apiName(cluster: string): string {
  return `api.${cluster}.cantrip.internal`
}
