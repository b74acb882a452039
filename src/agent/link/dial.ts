import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { ClientOptions, WebSocket } from 'ws'
import { bareHost } from '../../base/net/address.ts'
import { closedAfterHandshake, deadline, openTls } from '../../host/linux/network/connect.ts'
import { openRaw, openSecure } from '../../host/linux/network/secure.ts'
import { type HttpProxy, NetworkError } from '../../host/network.ts'
import { SUBPROTOCOL, SUBPROTOCOL_V2 } from '../../protocol/version.ts'
import { MAX_FRAGMENTS } from '../../protocol/wire/session/limits.ts'

export interface DialOptions {
  /** URL of the controller, `https://…`. */
  url: string
  path: string
  tls: { ca: string; cert: string; key: string }
  proxy?: HttpProxy | undefined
  timeoutMs: number
  /** Maximum size of one message in bytes. */
  maxMessageBytes: number
}

/** The controller answered the websocket upgrade with this HTTP status. */
export class UpgradeRefused extends Error {
  readonly status: number
  constructor(status: number) {
    super(`the controller refused the connection (HTTP ${status})`)
    this.name = 'UpgradeRefused'
    this.status = status
  }
}

/** Opens a websocket over TLS 1.3 to a server with a certificate of the cluster's CA. Throws NetworkError or UpgradeRefused. */
export async function dial(options: DialOptions): Promise<WebSocket> {
  const url = new URL(options.path, options.url)
  const to = { host: bareHost(url.hostname), port: Number(url.port || 443) }
  const until = deadline(options.timeoutMs)
  const { proxy } = options
  const connecting = proxy?.inspects ? openSecure(to, options.tls, proxy, until) : openRaw(to, proxy, until)
  // Loaded while the connection is being opened, which begins when this turn of the event loop ends.
  const loading = setImmediate().then(() => Promise.all([import('node:tls'), import('ws')]))
  const [raw, [, { WebSocket }]] = await Promise.all([connecting, loading])
  const socket = proxy?.inspects ? raw : await openTls(raw, to, options.tls, until)
  url.protocol = 'wss:'
  return upgraded(
    new WebSocket(url, [SUBPROTOCOL_V2, SUBPROTOCOL], settings(socket, options)),
    url,
    socket,
    options.tls.cert,
  )
}

function settings(socket: Socket, { timeoutMs, maxMessageBytes }: DialOptions): ClientOptions {
  return {
    createConnection: () => socket,
    perMessageDeflate: false,
    handshakeTimeout: timeoutMs,
    maxPayload: maxMessageBytes,
    // Set explicitly: an undefined value would disable the limit.
    maxFragments: MAX_FRAGMENTS,
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
    // A destroyed request emits an error, too; the promise is already rejected then.
    websocket.on('error', (cause) => {
      const ended = closedAfterHandshake(cause, url.host, cert)
      const stage = ended === undefined ? 'upgrade' : 'tls'
      reject(new NetworkError(stage, ended ?? `${url.host}: ${cause.message}`, { cause }))
    })
  })
}
