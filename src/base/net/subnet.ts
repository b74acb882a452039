import { BlockList, isIP } from 'node:net'

export interface Subnet {
  address: string
  prefix: number
  family: 'ipv4' | 'ipv6'
}

/** `10.96.0.0/12`, `fd00::/64`, or an address alone, which is a subnet of one. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = '', prefixText, ...rest] = text.split('/')
  const version = isIP(address)
  const longest = version === 4 ? 32 : 128
  const prefix = prefixText === undefined ? longest : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Number.NaN
  if (version === 0 || rest.length > 0 || address.includes('%') || !(prefix <= longest)) return undefined
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** All of `inner` lies in `outer`. */
export function containsSubnet(outer: Subnet, inner: Subnet): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false
  const list = new BlockList()
  list.addSubnet(outer.address, outer.prefix, outer.family)
  return list.check(inner.address, inner.family)
}

export function showSubnet({ address, prefix }: Subnet): string {
  return `${address}/${prefix}`
}
