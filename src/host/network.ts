/** The network for checks: it opens and closes connections, and never listens. */
export interface TlsIdentity {
  /** Absent: the CAs that Node.js knows. */
  ca?: string
  cert?: string
  key?: string
  /** TLS 1.3 if absent. */
  minVersion?: 'TLSv1.2'
  /** Whether the certificate of the server is verified; absent: it is. */
  rejectUnauthorized?: false
}

/** What is between this machine and the controller. */
export interface HttpProxy {
  /** http://[user:pass@]host:port, used with CONNECT. Absent: connections to the controller are intercepted on their way. */
  url?: string
  /**
   * It ends TLS itself. The connection to the controller, with the certificates of both, is inside a websocket that passes through it.
   */
  inspects?: true
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  body?: string
  tls?: TlsIdentity
  proxy?: HttpProxy
  timeoutMs: number
  /** Ends the request like the timeout. */
  signal?: AbortSignal
  /** Requests a websocket upgrade. A 101 is returned, and the connection is closed. */
  upgrade?: boolean
  /** Default 1 MiB; a longer body is an error. */
  maxBytes?: number
}

export interface Response {
  status: number
  headers: Record<string, string>
  body: string
  /** When the request was sent on the open connection, and when the answer began; clock as in `exchange`. */
  sentAtMs: number
  receivedAtMs: number
}

/** The stage at which a request failed; see `NetworkError.stage`. */
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

/** An address of this machine and its interface. */
export interface Source {
  address: string
  interface: string
}

export interface NetworkView {
  /**
   * The source address that the kernel would choose for packets to this address; undefined without a route. Sends nothing.
   */
  sourceTowards(address: string): Promise<Source | undefined>
  /** Through the system's resolver (getaddrinfo), addresses in its order. Throws NetworkError 'resolve'. */
  resolve(name: string, timeoutMs: number): Promise<string[]>
  request(url: string, options: RequestOptions): Promise<Response>
  /** Sends one UDP packet and returns the first reply. Times are monotonic, in ms since the epoch at process start. */
  exchange(
    to: { host: string; port: number },
    packet: Uint8Array,
    timeoutMs: number,
  ): Promise<{ reply: Uint8Array; sentAtMs: number; receivedAtMs: number }>
}
