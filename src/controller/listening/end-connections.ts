import type { Server } from 'node:https'
import type { TLSSocket } from 'node:tls'

/** Ends the connections of a server that was closed, and each one that completes its handshake after that. */
export function endConnections(server: Pick<Server, 'on' | 'closeAllConnections'>): void {
  server.on('secureConnection', (socket: TLSSocket) => socket.destroy())
  server.closeAllConnections()
}
