import { hostPort } from '../../../base/net/address.ts'
import { API_PORT } from '../../../base/net/api-port.ts'
import type { Cluster } from '../records.ts'
import { firstMaster, hasBegun, hasJoined, mastersOf, mayHaveKubernetes } from '../shape.ts'
import type { Member } from '../situation.ts'

/**
 * The API endpoint of a cluster, HOST:PORT: the load balancer if there is one, else the address of a single master, else a
 * name that the node DNS resolves. Certificates and kubeconfigs contain it: once nodes use it, it changes only if they all move to
 * the name (domain/upgrade/endpoint-move.ts).
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

/**
 * The endpoint to which the nodes of the cluster have to move before further masters join: its API goes by the address of its only
 * master. Undefined if it does not.
 */
export function endpointToMoveTo(cluster: Cluster, members: readonly Member[]): string | undefined {
  const to = hostPort(apiName(cluster.name), API_PORT)
  const isByAddress = cluster.settings.apiEndpoint === undefined && endpointOf(cluster, members) !== to
  return isByAddress && isEstablished(members) && mastersOf(members).length > 1 ? to : undefined
}

/** ICANN reserves `.internal` for private use, so no public resolver answers for it. */
function apiName(cluster: string): string {
  return `api.${cluster}.cantrip.internal`
}
