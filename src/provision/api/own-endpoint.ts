import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { splitHostPort } from './endpoint.ts'

/** Where the controller has given the API a name, it is one that only the nodes' own DNS knows. */
const OWN = '.cantrip.internal'

/** The API's name and port where our DNS serves it; undefined where it is an address or a load balancer's. */
export function ownEndpoint({ cluster }: Pick<NodeParams, 'cluster'>): { name: string; port: number } | undefined {
  const { host, port } = splitHostPort(cluster.endpoint)
  return host.endsWith(OWN) ? { name: host, port: Number(port) } : undefined
}
