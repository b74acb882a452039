import { mayBePodLink } from '../../base/kubernetes-names.ts'
import { isLoopback } from '../../base/net/address.ts'
import { nthAddress } from '../../base/net/subnet.ts'
import type { HostView } from '../host.ts'
import type { Source } from '../network.ts'
import { parseIpv6Addresses, parseLocalAddresses } from '../parse/network/routes.ts'
import { mainRoutes, type Route } from './routes.ts'

export interface Addresses {
  /** All addresses of this machine, except loopback. */
  all: string[]
  /** The address of `nodeSource`, or empty. */
  node: string[]
  interface?: string
}

/** The machine's addresses: all of them from /proc/net, and the node's address. */
export async function localAddresses(view: HostView): Promise<Addresses> {
  const paths = ['/proc/net/fib_trie', '/proc/net/if_inet6']
  const [fibTrie = '', inet6 = ''] = await Promise.all(paths.map((path) => view.read(path)))
  const ipv6 = parseIpv6Addresses(inet6).map(({ address }) => address)
  const all = [...parseLocalAddresses(fibTrie), ...ipv6].filter((address) => !isLoopback(address))
  const source = await nodeSource(view)
  return { all, ...(source === undefined ? { node: [] } : { node: [source.address], interface: source.interface }) }
}

/**
 * The default address of the node, and its interface: the source address that the kernel uses for packets to the outside.
 * So metrics, source hints, policy routing, point-to-point links (/32), secondary and deprecated addresses count as for the
 * kernel. Without a default route: the source address for a network with a route, except bridges of virtual machines and
 * containers.
 */
export async function nodeSource(view: HostView): Promise<Source | undefined> {
  const outside = await defaultSource(view)
  if (outside !== undefined) return outside
  const routes = (await mainRoutes(view)).filter((route) => !isVirtualLink(route.interface))
  for (const route of routes) {
    const source = await view.network.sourceTowards(hostIn(route))
    if (source !== undefined && isUsable(source)) return source
  }
  return undefined
}

/** The same, for the default route only; of IPv6 if IPv4 has none. */
export async function defaultSource(view: Pick<HostView, 'network'>): Promise<Source | undefined> {
  for (const address of OUTSIDE) {
    const source = await view.network.sourceTowards(address)
    if (source !== undefined && isUsable(source)) return source
  }
  return undefined
}

/** Documentation addresses (RFC 5737, RFC 3849), to which only a default route leads. */
const OUTSIDE = ['192.0.2.1', '2001:db8::1']

/** Bridges and interfaces of virtual machines, containers and pods. */
export function isVirtualLink(link: string): boolean {
  return mayBePodLink(link) || /^(lo$|docker|br-|virbr|lxcbr|lxdbr|incusbr|podman|cni|veth)/.test(link)
}

function isUsable({ address }: Source): boolean {
  return !isLoopback(address) && !/^(169\.254\.|fe80:)/i.test(address)
}

/** An address in the network. The first one is not a host address, unless it is the only one. */
function hostIn({ destination }: Route): string {
  const isOne = destination.prefix === (destination.family === 'ipv4' ? 32 : 128)
  return nthAddress(destination, isOne ? 0 : 1)
}
