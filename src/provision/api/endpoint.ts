import { hostPort, isSameAddress } from '../../base/net/address.ts'
import { API_PORT } from '../../base/net/api-port.ts'
import { nthAddress, parseSubnet } from '../../base/net/subnet.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'

/** `[::1]:6443` becomes `::1` and `6443`. */
export function splitHostPort(endpoint: string): { host: string; port: string } {
  const at = endpoint.lastIndexOf(':')
  return { host: endpoint.slice(0, at).replaceAll(/[[\]]/g, ''), port: endpoint.slice(at + 1) }
}

/** The service address of the API: by definition the first address of the service subnet. */
export function apiServiceAddress(serviceSubnet: string): string {
  const subnet = parseSubnet(serviceSubnet)
  if (subnet === undefined) throw new Error(`${serviceSubnet} is not a subnet`)
  return nthAddress(subnet, 1)
}

/** This node's own API server. */
export function localApi({ node }: { node: Pick<NodeParams['node'], 'address'> }): string {
  return `https://${hostPort(node.address, API_PORT)}`
}

/** Whether the endpoint can lead to other API servers: it is a name of the node DNS or a load balancer, not this node's address. */
export function hasSharedEndpoint({ cluster, node }: Pick<NodeParams, 'cluster' | 'node'>): boolean {
  return !isSameAddress(splitHostPort(cluster.endpoint).host, node.address)
}
