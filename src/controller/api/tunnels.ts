import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { inPieces } from '../../base/net/in-pieces.ts'
import { TUNNEL_MESSAGE_BYTES, TUNNEL_PIECE_BYTES } from '../../protocol/version.ts'
import { MAX_FRAGMENTS } from '../../protocol/wire/session/limits.ts'
import { refusal } from '../domain/admission.ts'

interface Outside extends Pick<Socket, 'remoteAddress' | 'remotePort'> {
  connection: Socket
}

/** By what is inside: the stream, and the TLS connection on it. */
const outside = new WeakMap<object, Outside>()
/** A TLS connection does not tell on which stream it is. So each begins in a context of its own, which does. */
const beginning = new AsyncLocalStorage<Outside | undefined>()

export interface Tunnels {
  /** Opens one on the connection of this request. What is inside is a new connection of the server. Throws AgentError. */
  open(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** Begins TLS on a connection of the server, which can be a tunnel. Whoever calls this may be another connection, or a timer. */
export function beginOn(connection: Socket, begin: () => void): void {
  beginning.run(outside.get(connection), begin)
}

/** Gives clients in tunnels the address of their tunnel, before any listener that this server has by now. */
export function addressTunnels(server: Server): void {
  const address = (inner: TLSSocket) => {
    const its = beginning.getStore()
    if (its === undefined) return
    outside.set(inner, its)
    for (const name of ['remoteAddress', 'remotePort'] as const)
      Object.defineProperty(inner, name, { value: its[name] })
  }
  server.prependListener('secureConnection', address)
  server.prependListener('tlsClientError', (_error, inner) => address(inner))
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
    maxPayload: TUNNEL_MESSAGE_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: 4_096,
  })
  server.prependListener('secureConnection', (inner: TLSSocket) => {
    const its = outside.get(inner)
    if (its === undefined) return
    if (inner.getPeerX509Certificate() === undefined) inner.destroy()
    else onVerified(its.connection)
  })
  return {
    open(request, socket, head) {
      const connection = request.socket
      if (request.headers.origin !== undefined)
        throw refusal('request/other-origin', 'the request for a tunnel comes from a page', 'use the agent')
      // Each would deepen the stack of calls by which data passes.
      if (outside.has(connection))
        throw refusal('path/unknown', 'found a tunnel inside a tunnel', 'open one on a connection of its own')
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const stream = inPieces(createWebSocketStream(webSocket), TUNNEL_PIECE_BYTES)
        // Told by the TLS connection inside.
        stream.on('error', () => undefined)
        const { remoteAddress, remotePort } = connection
        outside.set(stream, { connection, remoteAddress, remotePort })
        server.emit('connection', Object.assign(stream, { remoteAddress, remotePort }))
      })
    },
  }
}
