import { ipv4ToNumber, isLoopback } from '../../src/base/net/address.ts'
import type { Source } from '../../src/host/network.ts'
import {
  type Ipv4Route,
  parseIpv6Addresses,
  parseLocalAddresses,
  parseRoutes,
} from '../../src/host/parse/network/routes.ts'

/** The source address that a kernel with these files of /proc/net would choose. Covers simple networks only. */
export function sourceByRoutes(read: (path: string) => string, to: string): Source | undefined {
  const routes = parseRoutes(read('/proc/net/route'))
  const own = parseLocalAddresses(read('/proc/net/fib_trie')).filter((address) => !isLoopback(address))
  const number = ipv4ToNumber(to)
  if (number === undefined) {
    const [found] = parseIpv6Addresses(read('/proc/net/if_inet6')).filter(({ address }) => !isLoopback(address))
    return found
  }
  const [best] = routes.filter(covers(number)).sort((a, b) => b.mask - a.mask || a.metric - b.metric)
  const address = own.find((each) => routes.some((r) => isOn(r, best) && covers(ipv4ToNumber(each) ?? 0)(r)))
  return best === undefined || address === undefined ? undefined : { address, interface: best.interface }
}

const covers = (number: number) => (route: Ipv4Route) => (number & route.mask) >>> 0 === route.destination

function isOn(route: Ipv4Route, best: Ipv4Route | undefined): boolean {
  return route.interface === best?.interface && route.mask !== 0
}
