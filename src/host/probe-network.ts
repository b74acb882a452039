/**
 * The network as a check between nodes needs it, and only that one gets it: unlike NetworkView it listens, at one
 * address, for a while. What is open is open in this process alone, so that its end closes everything.
 */
export interface ProbeNetwork {
  /** Of the interface that has the address; undefined where none has it, or it does not tell. */
  mtuOf(address: string): number | undefined
  /** Whether UDP packets leave with the don't-fragment flag, which Linux sets on those that fit the known path. */
  setsDontFragment(): boolean
  /** Accepts connections and closes them at once, without a word. Rejects with the system's error. */
  acceptTcp(address: string, port: number): Promise<Closable>
  /** Never rejects. */
  connectTcp(from: string, to: Endpoint, timeoutMs: number): Promise<{ reach: ProbeReach; ms: number }>
  /** Rejects with the system's error. */
  receiveUdp(
    address: string,
    port: number,
    onPacket: (packet: Uint8Array, from: Endpoint, reply: (packet: Uint8Array) => void) => void,
  ): Promise<Closable>
  /** To one peer, whose refusals are heard of. */
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
  /** Whether the packet left this machine in one piece. */
  send(packet: Uint8Array): { isWhole: boolean }
  /** What was last heard but packets; undefined where nothing was. */
  trouble(): Exclude<ProbeReach, 'open' | 'filtered'> | undefined
}

export type ProbeReach = 'open' | 'filtered' | 'refused' | 'unreachable' | 'forbidden'
