import { hostPort } from '../../../base/net/address.ts'
import type { Cluster } from '../records.ts'
import { firstMaster, hasBegun, hasJoined, mastersOf, wasTouched } from '../shape.ts'
import type { Member } from '../situation.ts'

const API_PORT = 6443

/**
 * What a cluster's API is called, HOST:PORT. A single master goes by its address; several by a name that the nodes' own
 * DNS knows, unless there is a load balancer. It does not change while the cluster lives: certificates and kubeconfigs
 * hold it.
 */
export function endpointOf(cluster: Cluster, members: readonly Member[]): string {
  const kept = lives(members) ? cluster.endpoint : null
  return kept ?? freshEndpoint(cluster, members)
}

/** Of a cluster that would begin now. */
export function freshEndpoint({ name, settings }: Cluster, members: readonly Member[]): string {
  const [first, ...others] = mastersOf(members)
  const own = others.length > 0 ? apiName(name) : (first?.address ?? '')
  return settings.apiEndpoint ?? hostPort(own, API_PORT)
}

/**
 * Its first master has begun, or somebody may have joined. Otherwise one that was to start it has vanished, and nothing
 * is left that goes by that one's address.
 */
function lives(members: readonly Member[]): boolean {
  const first = firstMaster(members)
  return members.some(
    (member) =>
      (member.node.id === first?.id && hasBegun(member)) ||
      (wasTouched(member.node) && member.run !== null && hasJoined(member.run)),
  )
}

/** `.internal` is kept for private use, so no resolver elsewhere has an answer for it. */
export function apiName(cluster: string): string {
  return `api.${cluster}.cantrip.internal`
}
