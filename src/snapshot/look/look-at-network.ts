import type { HostView } from '../../host/host.ts'
import { boundSockets, socketHolders } from '../../host/network/listeners.ts'
import type { Facts } from '../facts.ts'
import { outputOf } from './look-at-system.ts'
import type { Observer } from './observer.ts'

interface Link {
  ifname: string
  link_type?: string
  mtu?: number
  master?: string
  linkinfo?: { info_kind?: string }
  addr_info?: { local?: string; prefixlen?: number; scope?: string; dynamic?: boolean; temporary?: boolean }[]
}

interface Route {
  dst?: string
  gateway?: string
  dev?: string
  protocol?: string
  table?: string
  metric?: number
  priority?: number
  src?: string
}

/** Routes that come with an address, or that servers assign for a time, are not settings of the machine. */
const DYNAMIC_PROTOCOLS = new Set(['kernel', 'ra', 'dhcp', 'redirect'])

export async function lookAtInterfaces({ view }: Observer): Promise<Facts> {
  const facts: Facts = {}
  for (const { ifname, link_type, mtu, master, linkinfo } of await ip<Link>(view, '-details', 'link')) {
    const kind = linkinfo?.info_kind ?? link_type ?? 'link'
    facts[ifname] = `${kind}, mtu ${mtu}${master === undefined ? '' : `, in ${master}`}`
  }
  return facts
}

export async function lookAtAddresses({ view }: Observer): Promise<Facts> {
  const facts: Facts = {}
  for (const { ifname, addr_info = [] } of await ip<Link>(view, 'address')) {
    for (const { local, prefixlen, scope, dynamic, temporary } of addr_info) {
      if (scope === 'link' || dynamic || temporary) continue
      facts[`${local}/${prefixlen} on ${ifname}`] = `an address, scope ${scope}`
    }
  }
  return facts
}

/** Routes and policy routing rules. */
export async function lookAtRoutes({ view }: Observer): Promise<Facts> {
  const facts: Facts = {}
  for (const family of ['-4', '-6']) {
    const [routes, rules] = await Promise.all([
      ip<Route>(view, family, 'route', 'show', 'table', 'all'),
      ip<Record<string, unknown>>(view, family, 'rule'),
    ])
    for (const { dst, gateway, dev, protocol = '', table = 'main', metric, src } of routes) {
      if (DYNAMIC_PROTOCOLS.has(protocol)) continue
      const way = [gateway && `via ${gateway}`, dev && `dev ${dev}`, src && `src ${src}`, metric && `metric ${metric}`]
      facts[`${family === '-6' && dst === 'default' ? 'default (IPv6)' : dst} in ${table}`] = way
        .filter(Boolean)
        .join(' ')
    }
    for (const rule of rules) facts[`rule${family} ${JSON.stringify(rule)}`] = 'a rule for routes'
  }
  return facts
}

/** Bound ports and their programs, without ephemeral UDP ports. */
export async function lookAtPorts({ view }: Observer): Promise<Facts> {
  const range = (await view.read('/proc/sys/net/ipv4/ip_local_port_range'))?.trim().split(/\s+/).map(Number) ?? []
  const [from = 32_768, to = 60_999] = range
  const sockets = (await boundSockets(view)).filter(
    ({ port, protocol }) => protocol === 'tcp' || port < from || port > to,
  )
  const holders = await socketHolders(view, sockets)
  const facts: Facts = {}
  for (const { protocol, address, port, inode } of sockets) {
    const who = holders.get(inode)?.replace(/ \(pid \d+\)$/, '') ?? 'the kernel'
    facts[`${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`] = `open by ${who}`
  }
  return facts
}

async function ip<T>(view: HostView, ...words: string[]): Promise<T[]> {
  const text = await outputOf(view, ['ip', '-json', ...words])
  return text.trim() === '' ? [] : JSON.parse(text)
}
