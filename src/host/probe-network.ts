/**
 * The network for pair checks. Unlike NetworkView it can listen. All sockets belong to this process, so that its end closes
 * them.
 */
export interface ProbeNetwork {
  /** MTU of the interface with the address; undefined if it is unknown. */
  mtuOf(address: string): number | undefined
  /** Whether UDP packets are sent with the don't-fragment flag, which Linux sets if they fit the known path MTU. */
  setsDontFragment(): boolean
  /** Accepts connections and closes them at once. Rejects with the system's error. */
  acceptTcp(address: string, port: number): Promise<Closable>
  /** Never rejects. */
  connectTcp(from: string, to: Endpoint, timeoutMs: number): Promise<{ reach: ProbeReach; ms: number }>
  /** Rejects with the system's error. */
  receiveUdp(
    address: string,
    port: number,
    onPacket: (packet: Uint8Array, from: Endpoint, reply: (packet: Uint8Array) => void) => void,
  ): Promise<Closable>
  /** A socket connected to one peer, so that ICMP errors are reported. */
  openUdp(from: string, to: Endpoint, onPacket: (packet: Uint8Array) => void): Promise<ProbeSocket>
}

export interface Endpoint {
  address: string
  port: number
}

export interface Closable {
  close(): void
}

export interface ProbeSocket extends Closable {
  /** Whether the packet was sent unfragmented. */
  send(packet: Uint8Array): { isWhole: boolean }
  /** The last error; undefined if there was none. */
  trouble(): Exclude<ProbeReach, 'open' | 'filtered'> | undefined
}

export type ProbeReach = 'open' | 'filtered' | 'refused' | 'unreachable' | 'forbidden'
