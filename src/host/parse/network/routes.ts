import { ipv6FromBytes } from '../../../base/net/address.ts'

export interface Ipv4Route {
  interface: string
  /** 32-bit numbers in host byte order. */
  destination: number
  mask: number
  /** 0 if the network is directly connected. */
  gateway: number
  metric: number
}

const UP = 1
const REJECT = 0x200
const IS_IPV4 = /^[0-9A-F]{8}$/i
const IS_IPV6 = /^[0-9a-f]{32}$/i

/** /proc/net/route: routes of the main table that are up. */
export function parseRoutes(text: string): Ipv4Route[] {
  const routes: Ipv4Route[] = []
  for (const line of text.split('\n').slice(1)) {
    const [name, destination = '', gateway = '', flags = '', , , metric, mask = ''] = line.trim().split(/\s+/)
    const numbers = [destination, gateway, mask]
    if (!name || !numbers.every((hex) => IS_IPV4.test(hex)) || !leadsOut(flags)) continue
    routes.push({
      interface: name,
      destination: littleEndian(destination),
      gateway: littleEndian(gateway),
      mask: littleEndian(mask),
      metric: Number(metric),
    })
  }
  return routes
}

function leadsOut(flags: string): boolean {
  const bits = Number.parseInt(flags, 16)
  return (bits & UP) !== 0 && (bits & REJECT) === 0
}

function littleEndian(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE()
}

/** This machine's IPv4 addresses, in the order of /proc/net/fib_trie. */
export function parseLocalAddresses(fibTrie: string): string[] {
  const addresses = new Set<string>()
  let leaf: string | undefined
  for (const line of fibTrie.split('\n')) {
    leaf = /^\s*\|-- ([\d.]+)$/.exec(line)?.[1] ?? leaf
    if (leaf !== undefined && /^\s*\/32 host LOCAL$/.test(line)) addresses.add(leaf)
  }
  return [...addresses]
}

/** /proc/net/if_inet6. */
export function parseIpv6Addresses(text: string): { address: string; interface: string }[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [hex, name] = [fields[0] ?? '', fields[5]]
    if (!IS_IPV6.test(hex) || name === undefined) return []
    return [{ address: ipv6FromBytes(Buffer.from(hex, 'hex')), interface: name }]
  })
}

export interface Ipv6Route {
  interface: string
  destination: string
  prefix: number
  gateway?: string
  metric: number
}

/** /proc/net/ipv6_route: routes that are up and leave the machine. */
export function parseIpv6Routes(text: string): Ipv6Route[] {
  return text.split('\n').flatMap((line) => {
    const [destination = '', length = '', , , next = '', metric = '', , , flags = '', name] = line.trim().split(/\s+/)
    const prefix = Number.parseInt(length, 16)
    if (!IS_IPV6.test(destination) || !IS_IPV6.test(next) || !(prefix <= 128) || name === undefined) return []
    if (name === 'lo' || !leadsOut(flags)) return []
    const gateway = /^0+$/.test(next) ? {} : { gateway: ipv6FromBytes(Buffer.from(next, 'hex')) }
    const address = ipv6FromBytes(Buffer.from(destination, 'hex'))
    return [{ interface: name, destination: address, prefix, ...gateway, metric: Number.parseInt(metric, 16) }]
  })
}
