import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { ClientOptions, WebSocket } from 'ws'
import { closedAfterHandshake, deadline, openTcp, openTls } from '../../host/linux/network/connect.ts'
import type { openTunnel } from '../../host/linux/network/proxy.ts'
import { NetworkError } from '../../host/network.ts'
import { SUBPROTOCOL, SUBPROTOCOL_V2 } from '../../protocol/version.ts'

export interface DialOptions {
  /** Of the controller, `https://…`. */
  url: string
  path: string
  tls: { ca: string; cert: string; key: string }
  proxy?: string | undefined
  timeoutMs: number
  /** Bytes that one message may have. */
  maxMessageBytes: number
}

/** The controller answered the request for a websocket with this HTTP status. */
export class UpgradeRefused extends Error {
  readonly status: number
  constructor(status: number) {
    super(`the controller refused the connection (HTTP ${status})`)
    this.name = 'UpgradeRefused'
    this.status = status
  }
}

/** An open websocket over TLS 1.3 to a server of our own authority. Throws NetworkError or UpgradeRefused. */
export async function dial(options: DialOptions): Promise<WebSocket> {
  const url = new URL(options.path, options.url)
  const to = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 443) }
  const until = deadline(options.timeoutMs)
  const connecting = options.proxy ? tunnel(options.proxy, to, until) : openTcp(to, until)
  // Loaded while the connection is on its way, which it is when this turn of the event loop ends.
  const loading = setImmediate().then(() => Promise.all([import('node:tls'), import('ws')]))
  const [raw, [{ TLSSocket }, { WebSocket }]] = await Promise.all([connecting, loading])
  const socket = await openTls(raw, to, options.tls, until)
  const version = socket instanceof TLSSocket ? socket.getProtocol() : null
  if (version !== 'TLSv1.3') {
    socket.destroy()
    throw new NetworkError('tls', `${url.host} speaks ${version ?? 'no TLS'}; wanted TLSv1.3`)
  }
  url.protocol = 'wss:'
  return upgraded(
    new WebSocket(url, [SUBPROTOCOL_V2, SUBPROTOCOL], settings(socket, options)),
    url,
    socket,
    options.tls.cert,
  )
}

async function tunnel(...to: Parameters<typeof openTunnel>): Promise<Socket> {
  return (await import('../../host/linux/network/proxy.ts')).openTunnel(...to)
}

function settings(socket: Socket, { timeoutMs, maxMessageBytes }: DialOptions): ClientOptions {
  return {
    createConnection: () => socket,
    perMessageDeflate: false,
    handshakeTimeout: timeoutMs,
    maxPayload: maxMessageBytes,
    // Not left to defaults: an undefined here would turn a limit off.
    maxFragments: 64,
    maxBufferedChunks: 64 * 1024,
    followRedirects: false,
  }
}

function upgraded(websocket: WebSocket, url: URL, socket: Socket, cert: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    websocket.once('open', () => {
      websocket.removeAllListeners('error')
      resolve(websocket)
    })
    websocket.once('unexpected-response', (request, response) => {
      request.destroy()
      socket.destroy()
      reject(new UpgradeRefused(response.statusCode ?? 0))
    })
    // After the answer was refused, the request that was given up has an error of its own.
    websocket.on('error', (cause) => {
      const ended = closedAfterHandshake(cause, url.host, cert)
      const stage = ended === undefined ? 'upgrade' : 'tls'
      reject(new NetworkError(stage, ended ?? `${url.host}: ${cause.message}`, { cause }))
    })
  })
}
