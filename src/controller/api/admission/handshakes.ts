import type { Socket } from 'node:net'
import { unmapped } from '../../../base/net/address.ts'
import type { Later } from '../../../base/timers.ts'
import { Rate } from '../../rate.ts'
import { HANDSHAKE_BURST, HANDSHAKES_PER_SECOND, PENDING, PENDING_PER_ADDRESS } from '../limits.ts'
import { openOffenders } from './offenders.ts'

type Connection = Pick<Socket, 'remoteAddress' | 'remotePort' | 'destroyed'> & {
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

interface Options<C extends Connection> {
  monotonicMs(): number
  later: Later
  /** Begins TLS. */
  begin(connection: C): void
  /** A connection was closed because its address, or all together, have too many. */
  onRefused(address: string): void
}

export interface Handshakes<C> {
  enter(connection: C): void
  /** The client of this connection has a verified certificate. */
  verified(connection: Pick<Socket, 'remoteAddress' | 'remotePort'>): void
  /** This connection, which is still open, ends because its client takes too much. */
  ended(connection: Pick<Socket, 'remoteAddress'>): void
}

/**
 * Admits new connections at a limited rate. Those of one address wait in line, and addresses take turns. When all together have too many,
 * one that has few takes the place of one that has many.
 */
export function openHandshakes<C extends Connection>(options: Options<C>): Handshakes<C> {
  const { monotonicMs, later, begin, onRefused } = options
  const rate = new Rate(HANDSHAKES_PER_SECOND, HANDSHAKE_BURST, monotonicMs())
  /** The address whose turn is next comes first. */
  const lines = new Map<string, C[]>()
  /** Connections that are not verified, by address (see sourceOf) and then by client. */
  const pending = new Map<string, Map<string, { connection: C; leave(): void }>>()
  const offenders = openOffenders(monotonicMs)
  let total = 0
  let isDue = false

  /** The first line whose address need not wait. Thousands of addresses may be waiting, so the lines are not copied. */
  function nextLine(): [address: string, line: C[]] | undefined {
    for (const each of lines) if (!offenders.mustWait(each[0])) return each
    return undefined
  }
  function admit(): void {
    for (;;) {
      if (lines.size === 0) return
      const next = nextLine()
      if (next === undefined || !rate.tryTake(monotonicMs())) {
        admitLater()
        return
      }
      const [address, line] = next
      const connection = line.shift()
      lines.delete(address)
      if (line.length > 0) lines.set(address, line)
      if (!connection || connection.destroyed) continue
      offenders.begun(address)
      begin(connection)
    }
  }
  /** Ends the newest connection of the address that has the most, if that leaves it as many as this one, which has `most`, gets. */
  function makeRoom(most: number): boolean {
    let largest: { address: string; size: number } | undefined
    for (const [address, { size }] of pending) if (size > (largest?.size ?? most + 1)) largest = { address, size }
    const newest = largest && [...(pending.get(largest.address)?.values() ?? [])].at(-1)
    if (!largest || !newest) return false
    newest.leave()
    newest.connection.destroy()
    onRefused(largest.address)
    return true
  }
  function admitLater(): void {
    if (isDue) return
    isDue = true
    later(1_000 / HANDSHAKES_PER_SECOND, () => {
      isDue = false
      admit()
    })
  }
  return {
    enter(connection) {
      const address = sourceOf(connection.remoteAddress)
      const size = pending.get(address)?.size ?? 0
      if (size >= PENDING_PER_ADDRESS || (total >= PENDING && !makeRoom(size))) {
        connection.destroy()
        onRefused(address)
        return
      }
      const own: NonNullable<ReturnType<typeof pending.get>> = pending.get(address) ?? new Map()
      const client = clientOf(connection)
      const leave = () => {
        // The client may have connected from the same port again.
        if (own.get(client)?.connection !== connection) return
        own.delete(client)
        total--
        if (own.size === 0) pending.delete(address)
        const rest = lines.get(address)?.filter((each) => each !== connection) ?? []
        if (rest.length > 0) lines.set(address, rest)
        else lines.delete(address)
      }
      total++
      own.get(client)?.leave()
      own.set(client, { connection, leave })
      pending.set(address, own)
      connection.once('close', leave)
      const line = lines.get(address)
      if (line) line.push(connection)
      else lines.set(address, [connection])
      admit()
    },
    verified: (connection) => pending.get(sourceOf(connection.remoteAddress))?.get(clientOf(connection))?.leave(),
    ended: ({ remoteAddress }) => offenders.ended(sourceOf(remoteAddress)),
  }
}

/** Machines of one network can use the same port. */
const clientOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>) =>
  `${remoteAddress} ${remotePort}`

/** An IPv4 address, or the /64 network of an IPv6 address: one machine has all addresses of it. */
export function sourceOf(address = ''): string {
  const plain = unmapped(address).replace(/%.*$/, '')
  if (!plain.includes(':')) return plain
  const [before = '', after] = plain.split('::')
  const groups = before.split(':').filter(Boolean)
  const rest = after?.split(':').filter(Boolean) ?? []
  const zeros = after === undefined ? [] : Array<string>(8 - groups.length - rest.length).fill('0')
  return `${[...groups, ...zeros, ...rest].slice(0, 4).join(':')}::/64`
}
