import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { splitHostPort } from './endpoint.ts'

/** Domain of the names that the controller gives to the API. Only the node DNS knows them. */
const OWN = '.cantrip.internal'

/** The API's name and port if the node DNS answers for it; undefined if the endpoint is an address or a load balancer. */
export function ownEndpoint({ cluster }: Pick<NodeParams, 'cluster'>): { name: string; port: number } | undefined {
  const { host, port } = splitHostPort(cluster.endpoint)
  return host.endsWith(OWN) ? { name: host, port: Number(port) } : undefined
}
