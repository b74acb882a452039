import type { Socket } from 'node:net'
import { ANONYMOUS, ANONYMOUS_MS, SHARES } from '../limits.ts'
import { sourceOf } from './handshakes.ts'

type Connection = Pick<Socket, 'remoteAddress'> & {
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

/** Connections of clients that have shown no certificate, and have not authenticated otherwise yet. */
export interface AnonymousConnections<C> {
  /**
   * When there are too many, the address with the most loses one. When one address has too many, its oldest ends if it has had
   * time to authenticate, else the new one: idle connections keep nobody out for long, nor do many new ones end another.
   */
  enter(connection: C): void
  /** Returns whether it was anonymous before. */
  authenticated(connection: C): boolean
}

export function openAnonymous<C extends Connection>(
  monotonicMs: () => number,
  onRefused: (address: string) => void,
): AnonymousConnections<C> {
  /** The oldest comes first; with the time at which it has had enough. */
  const byAddress = new Map<string, Map<C, number>>()
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
      const own = byAddress.get(address) ?? new Map<C, number>()
      byAddress.set(address, own.set(connection, monotonicMs() + ANONYMOUS_MS))
      total++
      // A closed connection no longer knows its address.
      connection.once('close', () => {
        if (own.delete(connection)) total--
        if (own.size === 0 && byAddress.get(address) === own) byAddress.delete(address)
      })
      if (own.size > SHARES.anonymous.connections) {
        const [[oldest, untilMs] = [connection, 0]] = own
        return end(address, untilMs <= monotonicMs() ? oldest : connection)
      }
      if (total <= ANONYMOUS) return
      const [most = own, its = address] = largest(byAddress)
      end(its, [...most.keys()][0])
    },
    authenticated: leave,
  }
}

function largest<T extends { size: number }>(byAddress: ReadonlyMap<string, T>): [T, string] | [] {
  let found: [T, string] | [] = []
  for (const [address, own] of byAddress) if (own.size > (found[0]?.size ?? 0)) found = [own, address]
  return found
}
