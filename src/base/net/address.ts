import { isIPv4, isIPv6 } from 'node:net'

/** The host of a URL, without the brackets of an IPv6 address. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** An IPv4 address that a socket of IPv6 shows, as IPv4; any other as it is. */
export function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}

/** 127.0.0.0/8, ::1, and IPv4-mapped IPv6 addresses of 127.0.0.0/8. */
export function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === '::1'
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}

/** An IPv4 address as a 32-bit number; undefined if the text is not one. */
export function ipv4ToNumber(address: string): number | undefined {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

export function ipv4FromNumber(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.')
}

/** Whether two texts are one address: an IPv6 address has several forms. Two names are one if their texts are. */
export const isSameAddress = (one: string, other: string): boolean =>
  isIPv6(one) && isIPv6(other) ? addressBytes(one).equals(addressBytes(other)) : one === other

/** The 4 or 16 bytes of a valid address in network order. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  // The URL parser writes an embedded IPv4 tail in hexadecimal groups.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)))
  const left = groups(head)
  const right = groups(tail ?? '')
  const zeros = new Array<number>(8 - left.length - right.length).fill(0)
  const bytes = Buffer.alloc(16)
  for (const [at, group] of [...left, ...zeros, ...right].entries()) bytes.writeUInt16BE(group, at * 2)
  return bytes
}

/** 16 bytes as RFC 5952 text; an IPv4-mapped address ends in dotted notation. */
export function ipv6FromBytes(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0))
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff)
    return `::ffff:${bytes.slice(12, 16).join('.')}`
  const run = longestZeroRun(words)
  const hex = (part: number[]) => part.map((word) => word.toString(16)).join(':')
  if (run.length < 2) return hex(words)
  return `${hex(words.slice(0, run.start))}::${hex(words.slice(run.start + run.length))}`
}

function longestZeroRun(words: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  words.forEach((word, i) => {
    if (word !== 0) start = i + 1
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start }
  })
  return best
}

/** As in URLs and endpoints, with an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}
