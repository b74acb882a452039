import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { MAX_FRAGMENTS } from '../../protocol/wire/session/limits.ts'

/** What a proxy makes of one message may be larger than what was sent. */
const MOST_BYTES = 1024 * 1024

export interface Tunnels {
  /** Opens one on the connection of this request. What is inside is a new connection of the server. */
  open(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/**
 * Websockets that carry TLS connections through proxies that end TLS. Only agents and programs with a certificate use them, so a connection
 * inside without one is closed. Inside, everything is as on a direct connection; the address is that of the proxy.
 * @param onVerified The connection outside belongs to a client that has authenticated.
 */
export function openTunnels(server: Server, onVerified: (outer: Socket) => void): Tunnels {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MOST_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: 64 * 1024,
  })
  // A TLS connection on a stream does not know its address: it belongs to the context in which it was made.
  const outside = new AsyncLocalStorage<Socket>()
  server.prependListener('secureConnection', (inner: TLSSocket) => {
    const outer = outside.getStore()
    if (outer === undefined) return
    for (const name of ['remoteAddress', 'remotePort'] as const)
      Object.defineProperty(inner, name, { value: outer[name] })
    if (inner.getPeerX509Certificate() === undefined) inner.destroy()
    else onVerified(outer)
  })
  return {
    open(request, socket, head) {
      const outer = request.socket
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const stream = createWebSocketStream(webSocket)
        // Told by the TLS connection inside.
        stream.on('error', () => undefined)
        const { remoteAddress, remotePort } = outer
        outside.run(outer, () => server.emit('connection', Object.assign(stream, { remoteAddress, remotePort })))
      })
    },
  }
}
