import { ipv4FromNumber } from '../../base/net/address.ts'
import type { Subnet } from '../../base/net/subnet.ts'
import type { HostView } from '../host.ts'
import { parseIpv6Routes, parseRoutes } from '../parse/network/routes.ts'

export interface Route {
  interface: string
  destination: Subnet
  /** Absent if the network is directly connected. */
  gateway?: string
  metric: number
}

/** The main routing table of IPv4 and IPv6, from /proc/net. */
export async function mainRoutes(view: HostView): Promise<Route[]> {
  const [four = '', six = ''] = await Promise.all(['/proc/net/route', '/proc/net/ipv6_route'].map((p) => view.read(p)))
  return [...parseRoutes(four).map(ofIpv4), ...parseIpv6Routes(six).map(ofIpv6)]
}

function ofIpv4({ destination, mask, gateway, ...rest }: ReturnType<typeof parseRoutes>[number]): Route {
  const prefix = mask.toString(2).replaceAll('0', '').length
  const { interface: name, metric } = rest
  return {
    interface: name,
    metric,
    destination: { address: ipv4FromNumber(destination), prefix, family: 'ipv4' },
    ...(gateway === 0 ? {} : { gateway: ipv4FromNumber(gateway) }),
  }
}

function ofIpv6({ destination, prefix, ...rest }: ReturnType<typeof parseIpv6Routes>[number]): Route {
  return { ...rest, destination: { address: destination, prefix, family: 'ipv6' } }
}

/** Default routes by metric; those of IPv6 only if IPv4 has none. */
export function defaultRoutes(routes: readonly Route[]): Route[] {
  const all = routes.filter(({ destination }) => destination.prefix === 0).sort((a, b) => a.metric - b.metric)
  const four = all.filter(({ destination }) => destination.family === 'ipv4')
  return four.length > 0 ? four : all
}
