import { mayBePodLink } from '../../base/kubernetes-names.ts'
import { isLoopback } from '../../base/net/address.ts'
import { nthAddress } from '../../base/net/subnet.ts'
import type { HostView } from '../host.ts'
import type { Source } from '../network.ts'
import { parseIpv6Addresses, parseLocalAddresses } from '../parse/network/routes.ts'
import { mainRoutes, type Route } from './routes.ts'

export interface Addresses {
  /** All of this machine, loopback left out. */
  all: string[]
  /** The one that `nodeSource` tells, or none. */
  node: string[]
  interface?: string
}

/** The machine's addresses: all of them out of /proc/net, and by the kernel's choice the one that a node goes by. */
export async function localAddresses(view: HostView): Promise<Addresses> {
  const paths = ['/proc/net/fib_trie', '/proc/net/if_inet6']
  const [fibTrie = '', inet6 = ''] = await Promise.all(paths.map((path) => view.read(path)))
  const ipv6 = parseIpv6Addresses(inet6).map(({ address }) => address)
  const all = [...parseLocalAddresses(fibTrie), ...ipv6].filter((address) => !isLoopback(address))
  const source = await nodeSource(view)
  return { all, ...(source === undefined ? { node: [] } : { node: [source.address], interface: source.interface }) }
}

/**
 * The address that a node goes by unless another interface is chosen for it, and its interface: what the kernel would send
 * from to the outside. So metrics, source hints, rules of policy routing, point-to-point links (/32), further addresses of a
 * link, deprecated ones count as they count for the kernel. Without a default route: what it would send from to a network
 * that it has a route to, bridges of virtual machines and containers left out.
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

/** The same for the default route alone; IPv6 where IPv4 has none. */
export async function defaultSource(view: Pick<HostView, 'network'>): Promise<Source | undefined> {
  for (const address of OUTSIDE) {
    const source = await view.network.sourceTowards(address)
    if (source !== undefined && isUsable(source)) return source
  }
  return undefined
}

/** For documentation (RFC 5737, RFC 3849): nobody has a route of his own to them. */
const OUTSIDE = ['192.0.2.1', '2001:db8::1']

/** Bridges and links of virtual machines and containers, and of a cluster. */
export function isVirtualLink(link: string): boolean {
  return mayBePodLink(link) || /^(lo$|docker|br-|virbr|lxcbr|lxdbr|incusbr|podman|cni|veth)/.test(link)
}

function isUsable({ address }: Source): boolean {
  return !isLoopback(address) && !/^(169\.254\.|fe80:)/i.test(address)
}

/** The first address of a network is none of a machine. */
function hostIn({ destination }: Route): string {
  const isOne = destination.prefix === (destination.family === 'ipv4' ? 32 : 128)
  return nthAddress(destination, isOne ? 0 : 1)
}
