import { ipv4ToNumber, ipv6FromBytes } from './address.ts'

export interface Ipv4Route {
  interface: string
  /** Numbers of 32 bits, host order. */
  destination: number
  mask: number
  metric: number
}

const UP = 1

/** /proc/net/route: the main table's routes that are up. */
export function parseRoutes(text: string): Ipv4Route[] {
  const routes: Ipv4Route[] = []
  for (const line of text.split('\n').slice(1)) {
    const [name, destination, , flags, , , metric, mask] = line.trim().split(/\s+/)
    if (!name || !destination || !flags || !mask || (Number.parseInt(flags, 16) & UP) === 0) continue
    routes.push({
      interface: name,
      destination: littleEndian(destination),
      mask: littleEndian(mask),
      metric: Number(metric),
    })
  }
  return routes
}

function littleEndian(hex: string): number {
  return /^[0-9A-F]{8}$/i.test(hex) ? Buffer.from(hex, 'hex').readUInt32LE() : Number.NaN
}

/** The interface of the default route with the lowest metric. */
export function defaultInterface(routes: readonly Ipv4Route[]): string | undefined {
  return routes.filter((route) => route.mask === 0).sort((a, b) => a.metric - b.metric)[0]?.interface
}

/** This machine's own IPv4 addresses, out of /proc/net/fib_trie, in its order. */
export function parseLocalAddresses(fibTrie: string): string[] {
  const addresses = [...fibTrie.matchAll(/\|-- ([\d.]+)\n(?:\s+\/\d+ \w+ \w+\n)*?\s+\/32 host LOCAL/g)]
  return [...new Set(addresses.map((match) => match[1] ?? ''))]
}

/** Does the address lie in a network that is directly connected to the interface? */
export function isOnInterface(address: string, name: string, routes: readonly Ipv4Route[]): boolean {
  const number = ipv4ToNumber(address)
  if (number === undefined) return false
  return routes.some((r) => r.interface === name && r.mask !== 0 && (number & r.mask) >>> 0 === r.destination)
}

/** /proc/net/if_inet6. */
export function parseIpv6Addresses(text: string): { address: string; interface: string }[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [hex, name] = [fields[0] ?? '', fields[5]]
    if (!/^[0-9a-f]{32}$/i.test(hex) || name === undefined) return []
    return [{ address: ipv6FromBytes(Buffer.from(hex, 'hex')), interface: name }]
  })
}
