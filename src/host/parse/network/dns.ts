/** The part of RFC 1035 that a query for the addresses of a name needs. */
import { ipv6FromBytes } from '../../../base/net/address.ts'

export type RecordType = 'A' | 'AAAA'
const TYPES: Readonly<Record<RecordType, number>> = { A: 1, AAAA: 28 }
const CLASS_IN = 1
const HEADER_BYTES = 12
const RECURSION_DESIRED = 0x0100
const IS_RESPONSE = 0x80

export type DnsReply =
  /** Empty: the name exists, but has no record of this type. */
  { kind: 'addresses'; addresses: string[] } | { kind: 'refused'; because: string }

/** Undefined for a name that is not valid in a query: with an empty label, or one of more than 63 bytes. */
export function dnsQuery(name: string, type: RecordType, id: number): Uint8Array | undefined {
  const labels = name
    .replace(/\.$/, '')
    .split('.')
    .map((label) => Buffer.from(label))
  if (labels.some(({ length }) => length === 0 || length > 63)) return undefined
  const question = labels.flatMap((label) => [Buffer.from([label.length]), label])
  const packet = Buffer.concat([Buffer.alloc(HEADER_BYTES), ...question, Buffer.alloc(5)])
  packet.writeUInt16BE(id & 0xffff, 0)
  packet.writeUInt16BE(RECURSION_DESIRED, 2)
  packet.writeUInt16BE(1, 4)
  packet.writeUInt16BE(TYPES[type], packet.length - 4)
  packet.writeUInt16BE(CLASS_IN, packet.length - 2)
  return packet
}

export function readDnsReply(reply: Uint8Array, query: Uint8Array): DnsReply {
  const bytes = Buffer.from(reply.buffer, reply.byteOffset, reply.length)
  const isAnswer = bytes.length >= query.length && ((bytes[2] ?? 0) & IS_RESPONSE) !== 0
  if (!isAnswer || bytes.compare(query, 0, 2, 0, 2) !== 0) return refused('the reply does not match the query')
  const code = (bytes[3] ?? 0) & 0xf
  if (code !== 0) return refused(CODES[code] ?? `error ${code}`)
  const wanted = Buffer.from(query).readUInt16BE(query.length - 4)
  return { kind: 'addresses', addresses: addressesIn(bytes, query.length, wanted) }
}

function refused(because: string): DnsReply {
  return { kind: 'refused', because }
}

const CODES: Readonly<Record<number, string>> = {
  1: 'format error (FORMERR)',
  2: 'server failure (SERVFAIL)',
  3: 'no such name',
  4: 'not implemented (NOTIMP)',
  5: 'query refused (REFUSED)',
}

/** Stops at a truncated or invalid record. */
function addressesIn(bytes: Buffer, start: number, wanted: number): string[] {
  const addresses: string[] = []
  let at = start
  for (let left = bytes.readUInt16BE(6); left > 0; left--) {
    at = afterName(bytes, at)
    if (at + 10 > bytes.length) break
    const type = bytes.readUInt16BE(at)
    const data = bytes.subarray(at + 10, at + 10 + bytes.readUInt16BE(at + 8))
    at += 10 + data.length
    if (type !== wanted) continue
    if (type === TYPES.A && data.length === 4) addresses.push(data.join('.'))
    if (type === TYPES.AAAA && data.length === 16) addresses.push(ipv6FromBytes(data))
  }
  return addresses
}

/** The position after a name, which ends with an empty label or with a pointer, which is not followed. */
function afterName(bytes: Buffer, start: number): number {
  let at = start
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    if (length >= 0xc0) return at + 2
    at += 1 + length
  }
  return at + 1
}
