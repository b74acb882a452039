import { ipv6FromBytes } from '../../../base/net/address.ts'

export type SocketTable = 'tcp' | 'tcp6' | 'udp' | 'udp6'

export interface BoundSocket {
  protocol: 'tcp' | 'udp'
  address: string
  port: number
  /** 0 for a socket of the kernel. */
  inode: number
}

const LISTEN = '0A'
const UNCONNECTED = '07'

/**
 * Bound sockets in /proc/net/{tcp,tcp6,udp,udp6}: TCP in state LISTEN, UDP without a peer. Addresses are written there as
 * 32-bit words in the machine's (little-endian) byte order.
 */
export function parseBoundSockets(table: SocketTable, text: string): BoundSocket[] {
  const protocol = table.startsWith('tcp') ? 'tcp' : 'udp'
  const wantedState = protocol === 'tcp' ? LISTEN : UNCONNECTED
  const sockets: BoundSocket[] = []
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/)
    const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/i.exec(fields[1] ?? '')
    if (!match || fields[3] !== wantedState) continue
    const address = addressOf(match[1] ?? '')
    sockets.push({ protocol, address, port: Number.parseInt(match[2] ?? '', 16), inode: Number(fields[9] ?? 0) })
  }
  return sockets
}

function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  bytes.swap32()
  return bytes.length === 4 ? bytes.join('.') : ipv6FromBytes(bytes)
}
