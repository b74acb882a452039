import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { errorMessage } from '../../../base/text/error-message.ts'
import type { HasClock, HasRefusals } from '../../ports.ts'
import { refuse } from '../errors/raw-answer.ts'
import { clientOf, type Identity, kindOf } from '../identity.ts'
import { openAnonymous } from './anonymous.ts'
import type { Handshakes } from './handshakes.ts'
import type { Shares } from './shares.ts'

/**
 * People and programs can connect without a certificate. Whoever shows one must have it from the controller's CA: `keepStrict`
 * ends all others.
 */
export const CLIENT_CERTIFICATES = { requestCert: true, rejectUnauthorized: false }

/**
 * Ends a connection with a certificate that is not valid right after its handshake, before any other listener knows of it. Lets one
 * pass that only lacks a renewal: it counts as one without a certificate, and every route but that of the renewal refuses it.
 */
export function keepStrict(
  server: Server,
  isOnlyExpired: (socket: TLSSocket) => boolean,
  onRefused: (why: string, socket: TLSSocket) => void,
): void {
  const listeners = server.listeners('secureConnection')
  server.removeAllListeners('secureConnection')
  server.on('secureConnection', (socket: TLSSocket) => {
    const isPassed = socket.authorized || !socket.getPeerX509Certificate() || isOnlyExpired(socket)
    if (isPassed) {
      for (const listener of listeners) listener.call(server, socket)
      return
    }
    onRefused(String(socket.authorizationError), socket)
    socket.destroy()
  })
}

type Ports = Pick<HasClock, 'now'> & HasRefusals & { monotonicMs(): number }

export interface Clients {
  /** A client has authenticated without a certificate, with the first such request of the connection. Throws if that is one too many. */
  known(socket: Socket, identity: Identity): void
  /** The connection of a client that is counted is inside this one. */
  carries(socket: Socket): void
}

/** Counts the connections of each client, once it is known. */
export function limitConnections(
  server: Server,
  { now, refused, monotonicMs }: Ports,
  shares: Shares,
  handshakes: Pick<Handshakes<Socket>, 'verified' | 'ended'>,
): Clients {
  const anonymous = openAnonymous<Socket>(monotonicMs, (address) =>
    refused(
      `anonymous connections from ${address}`,
      `ended connections from ${address}, which has too many without authentication`,
    ),
  )
  const count = (socket: Socket, identity: Identity) => {
    handshakes.verified(socket)
    socket.once('close', shares.connection(identity))
  }
  const countOrRefuse = (socket: Socket, identity: Identity) => {
    try {
      count(socket, identity)
    } catch (error) {
      refused(`connections of ${identity.name}`, `refused a connection: ${errorMessage(error)}`)
      handshakes.ended(socket)
      refuse(socket, error, { kind: kindOf(identity) })
    }
  }
  server.on('secureConnection', (socket: TLSSocket) => {
    if (!socket.authorized) return anonymous.enter(socket)
    const identity = clientOf(socket, now())
    if (identity) countOrRefuse(socket, identity)
    else handshakes.verified(socket)
  })
  return {
    known(socket, identity) {
      if (anonymous.authenticated(socket)) count(socket, identity)
    },
    carries: (socket) => void anonymous.authenticated(socket),
  }
}
