/** The content of a probe packet, encapsulated like VXLAN (RFC 7348) with a network id that the cluster does not use. */
export interface Packet {
  kind: 'ping' | 'size' | 'reply'
  check: string
  /** Repeated in the reply. */
  sequence: number
  /** In a reply: when the ping was received and the reply sent, in ms by the peer's wall clock. */
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

/** `bytes`: length of the packet, at least PACKET_BYTES; padded with zeros. */
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

/** Undefined for a packet that is not a probe. */
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

/** Bytes that the IP and UDP headers add. */
export const headerBytes = (address: string) => (address.includes(':') ? 48 : 28)
