import { BlockList, isIP } from 'node:net'
import { addressBytes, ipv6FromBytes } from './address.ts'

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

/** Whether `outer` contains all addresses of `inner`. */
export function containsSubnet(outer: Subnet, inner: Subnet): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false
  const list = new BlockList()
  list.addSubnet(outer.address, outer.prefix, outer.family)
  return list.check(inner.address, inner.family)
}

/** Returns whether one of these addresses and ranges contains an address. */
export function rangesMatcher(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const subnet = parseSubnet(range)
    if (subnet) list.addSubnet(subnet.address, subnet.prefix, subnet.family)
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

/** Whether both contain a common address. */
export function overlaps(one: Subnet, other: Subnet): boolean {
  return containsSubnet(one, other) || containsSubnet(other, one)
}

/** The same range, written with its first address: `10.100.0.0/12` is `10.96.0.0/12`. */
export function aligned(subnet: Subnet): Subnet {
  return { ...subnet, address: nthAddress(subnet, 0) }
}

/** The address with this number in the subnet; the first address has number 0. */
export function nthAddress({ address, prefix }: Subnet, number: number): string {
  const bytes = addressBytes(address).map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * at))))
  let carry = number
  for (let at = bytes.length - 1; at >= 0 && carry > 0; at--) {
    const sum = (bytes[at] ?? 0) + carry
    bytes[at] = sum % 256
    carry = Math.floor(sum / 256)
  }
  return bytes.length === 4 ? bytes.join('.') : ipv6FromBytes(bytes)
}

export function showSubnet({ address, prefix }: Subnet): string {
  return `${address}/${prefix}`
}
