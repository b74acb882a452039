/** What a probe says, inside of what looks like a VXLAN packet (RFC 7348) of no network of the cluster. */
export interface Packet {
  kind: 'ping' | 'size' | 'reply'
  check: string
  /** A reply brings it back. */
  sequence: number
  /** Of a reply: when the ping came and when this left, in ms by the wall clock there. */
  receivedAtMs: number
  sentAtMs: number
}

/** 8 bytes with the I flag and the highest VNI, then an Ethernet header: local addresses, type for local experiments. */
const ENCAPSULATION = Buffer.from('08000000ffffff00' + '020000000002' + '020000000001' + '88b5', 'hex')
const MAGIC = Buffer.from('cantrip1')
const KINDS = ['ping', 'size', 'reply'] as const
const AT = { magic: 22, kind: 30, check: 31, sequence: 43, received: 47, sent: 55 }
export const PACKET_BYTES = 64
const CHECK_BYTES = AT.sequence - AT.check

/** `bytes`: how long it is to be; at least PACKET_BYTES, and more is filled up. */
export function writePacket(packet: Packet, bytes: number = PACKET_BYTES): Buffer {
  const buffer = Buffer.alloc(Math.max(bytes, PACKET_BYTES))
  ENCAPSULATION.copy(buffer)
  MAGIC.copy(buffer, AT.magic)
  buffer.writeUInt8(KINDS.indexOf(packet.kind), AT.kind)
  buffer.write(packet.check, AT.check, CHECK_BYTES, 'latin1')
  buffer.writeUInt32BE(packet.sequence, AT.sequence)
  buffer.writeDoubleBE(packet.receivedAtMs, AT.received)
  buffer.writeDoubleBE(packet.sentAtMs, AT.sent)
  return buffer
}

/** Undefined for what is none of ours. */
export function readPacket(bytes: Uint8Array): Packet | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (buffer.length < PACKET_BYTES || !buffer.subarray(AT.magic, AT.kind).equals(MAGIC)) return undefined
  const kind = KINDS[buffer.readUInt8(AT.kind)]
  return (
    kind && {
      kind,
      check: buffer.toString('latin1', AT.check, AT.sequence),
      sequence: buffer.readUInt32BE(AT.sequence),
      receivedAtMs: buffer.readDoubleBE(AT.received),
      sentAtMs: buffer.readDoubleBE(AT.sent),
    }
  )
}

/** What IP and UDP add to a packet. */
export const headerBytes = (address: string) => (address.includes(':') ? 48 : 28)
