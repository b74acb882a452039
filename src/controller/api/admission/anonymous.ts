import type { Socket } from 'node:net'
import { ANONYMOUS, SHARES } from '../limits.ts'
import { sourceOf } from './handshakes.ts'

type Connection = Pick<Socket, 'remoteAddress'> & {
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

/** Connections of clients that have shown no certificate, and have not authenticated otherwise yet. */
export interface AnonymousConnections<C> {
  /** When there are too many, the address with the most loses one. */
  enter(connection: C): void
  /** Returns whether it was anonymous before. */
  authenticated(connection: C): boolean
}

export function openAnonymous<C extends Connection>(onRefused: (address: string) => void): AnonymousConnections<C> {
  const byAddress = new Map<string, Set<C>>()
  let total = 0
  const leave = (connection: C): boolean => {
    const address = sourceOf(connection.remoteAddress)
    const own = byAddress.get(address)
    if (!own?.delete(connection)) return false
    total--
    if (own.size === 0) byAddress.delete(address)
    return true
  }
  const end = (address: string, connection: C | undefined) => {
    onRefused(address)
    connection?.destroy()
    if (connection) leave(connection)
  }
  return {
    enter(connection) {
      const address = sourceOf(connection.remoteAddress)
      const own = byAddress.get(address) ?? new Set<C>()
      byAddress.set(address, own.add(connection))
      total++
      // A closed connection no longer knows its address.
      connection.once('close', () => {
        if (own.delete(connection)) total--
        if (own.size === 0 && byAddress.get(address) === own) byAddress.delete(address)
      })
      if (own.size > SHARES.anonymous.connections) return end(address, connection)
      if (total <= ANONYMOUS) return
      const [most = own, its = address] = largest(byAddress)
      end(its, [...most][0])
    },
    authenticated: leave,
  }
}

function largest<C>(byAddress: ReadonlyMap<string, Set<C>>): [Set<C>, string] | [] {
  let found: [Set<C>, string] | [] = []
  for (const [address, own] of byAddress) if (own.size > (found[0]?.size ?? 0)) found = [own, address]
  return found
}
