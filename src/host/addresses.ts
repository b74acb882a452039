import type { HostView } from './host.ts'
import { isLoopback } from './parse/address.ts'
import {
  defaultInterface,
  isOnInterface,
  parseIpv6Addresses,
  parseLocalAddresses,
  parseRoutes,
} from './parse/routes.ts'

export interface Addresses {
  /** All of this machine, loopback left out. */
  all: string[]
  /** Those on the interface of the default route; all where there is no default route. */
  node: string[]
  interface?: string
}

/** The machine's addresses out of /proc/net. Addresses of bridges for guests and containers are in `all` alone. */
export async function localAddresses(view: HostView): Promise<Addresses> {
  const paths = ['/proc/net/route', '/proc/net/fib_trie', '/proc/net/if_inet6']
  const [route = '', fibTrie = '', inet6 = ''] = await Promise.all(paths.map((path) => view.read(path)))
  const routes = parseRoutes(route)
  const ipv4 = parseLocalAddresses(fibTrie)
  const ipv6 = parseIpv6Addresses(inet6)
  const all = [...ipv4, ...ipv6.map((entry) => entry.address)].filter((address) => !isLoopback(address))
  const name = defaultInterface(routes)
  if (name === undefined) return { all, node: all }
  const onInterface = [
    ...ipv4.filter((address) => isOnInterface(address, name, routes)),
    ...ipv6.filter((entry) => entry.interface === name).map((entry) => entry.address),
  ]
  return { all, node: onInterface.length > 0 ? onInterface : all, interface: name }
}
