/** The network as a check may look at it: connections it opens it also closes; nothing listens. */
export interface TlsIdentity {
  ca: string
  cert?: string
  key?: string
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'DELETE'
  headers?: Record<string, string>
  body?: string
  tls?: TlsIdentity
  /** http://[user:pass@]host:port, asked by CONNECT. */
  proxy?: string
  timeoutMs: number
  /** Ends it earlier, as the time-out does. */
  signal?: AbortSignal
  /** Ask for a websocket upgrade; a 101 is reported and the connection closed. */
  upgrade?: boolean
  /** Default 1 MiB; a longer body is an error. */
  maxBytes?: number
}

export interface Response {
  status: number
  headers: Record<string, string>
  body: string
  /** When the request went out on the open connection, and when the answer began: as those of `exchange`. */
  sentAtMs: number
  receivedAtMs: number
}

/** Where on the way a request failed; `NetworkError.stage`. */
export type Stage = 'resolve' | 'tcp' | 'proxy' | 'tls' | 'http' | 'upgrade'

export const STAGE_NAMES: Readonly<Record<Stage, string>> = {
  resolve: 'name resolution',
  tcp: 'TCP connection',
  proxy: 'proxy',
  tls: 'TLS',
  http: 'HTTP',
  upgrade: 'websocket upgrade',
}

export class NetworkError extends Error {
  readonly stage: Stage
  constructor(stage: Stage, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'NetworkError'
    this.stage = stage
  }
}

/** An address of this machine, and the interface that has it. */
export interface Source {
  address: string
  interface: string
}

export interface NetworkView {
  /**
   * What the kernel would send from to this address, by its own choice of a route; undefined where it has none. Nothing is
   * sent.
   */
  sourceTowards(address: string): Promise<Source | undefined>
  /** Through the system's resolver (getaddrinfo), addresses in its order. Throws NetworkError 'resolve'. */
  resolve(name: string, timeoutMs: number): Promise<string[]>
  request(url: string, options: RequestOptions): Promise<Response>
  /** One UDP packet out, the first one back. Times from a monotonic clock, in ms since the epoch at program start. */
  exchange(
    to: { host: string; port: number },
    packet: Uint8Array,
    timeoutMs: number,
  ): Promise<{ reply: Uint8Array; sentAtMs: number; receivedAtMs: number }>
}
