/** Seconds between the NTP epoch (1900) and the Unix epoch. */
const UNIX_EPOCH_SECONDS = 2_208_988_800
const PACKET_BYTES = 48

export type SntpReply =
  | { kind: 'time'; stratum: number; offsetMs: number; roundTripMs: number }
  | { kind: 'unusable'; because: string }

/** A client request of SNTP version 4 (RFC 4330). The transmit time is a cookie, which the reply must contain. */
export function sntpRequest(cookie: Uint8Array): Uint8Array {
  const packet = new Uint8Array(PACKET_BYTES)
  packet[0] = 0x23
  packet.set(cookie.subarray(0, 8), 40)
  return packet
}

/** The offset is server minus local; sent and received are local times in ms since the Unix epoch. */
export function readSntpReply(
  reply: Uint8Array,
  request: Uint8Array,
  times: { sentAtMs: number; receivedAtMs: number },
): SntpReply {
  const unusable = (because: string): SntpReply => ({ kind: 'unusable', because })
  if (reply.length < PACKET_BYTES) return unusable(`a reply of ${reply.length} bytes is not an NTP packet`)
  const first = reply[0] ?? 0
  const stratum = reply[1] ?? 0
  const view = new DataView(reply.buffer, reply.byteOffset, reply.length)
  if ((first & 7) !== 4) return unusable('the reply is not from an NTP server')
  if (!reply.subarray(24, 32).every((byte, i) => byte === request[40 + i]))
    return unusable('the reply does not match the request')
  if (stratum === 0) return unusable(`the server refuses requests (${kissCode(reply)})`)
  if (first >> 6 === 3 || stratum > 15) return unusable('the server is not synchronized')
  const receivedThere = toUnixMs(view, 32)
  const sentThere = toUnixMs(view, 40)
  if (view.getUint32(40) === 0) return unusable('the reply contains no time')
  return {
    kind: 'time',
    stratum,
    offsetMs: (receivedThere - times.sentAtMs + (sentThere - times.receivedAtMs)) / 2,
    roundTripMs: times.receivedAtMs - times.sentAtMs - (sentThere - receivedThere),
  }
}

function kissCode(reply: Uint8Array): string {
  return String.fromCharCode(...reply.subarray(12, 16)).replace(/[^A-Z]/g, '') || 'no code'
}

/** A timestamp without its top bit belongs to the era that begins in 2036. */
function toUnixMs(view: DataView, at: number): number {
  const seconds = view.getUint32(at)
  const era = seconds >= 0x8000_0000 ? 0 : 0x1_0000_0000
  return (seconds + era - UNIX_EPOCH_SECONDS) * 1000 + (view.getUint32(at + 4) * 1000) / 0x1_0000_0000
}
