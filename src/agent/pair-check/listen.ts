import type { HostView } from '../../host/host.ts'
import { boundSockets } from '../../host/network/listeners.ts'
import type { Closable, ProbeNetwork } from '../../host/probe-network.ts'
import type { PairCheckOrder, PairPort, PortState, Received } from '../../protocol/wire/pair-check.ts'
import { numberOf } from './dial.ts'
import { headerBytes, readPacket, writePacket } from './packet.ts'

export interface Listening {
  ports: { port: PairPort; state: PortState; why?: string }[]
  /** UDP packets received so far, by sender. */
  received(): Received[]
  close(): void
}

/** Maximum number of packet sizes recorded for each sender. */
const MAX_SIZES = 32

/** Opens the ports of an order that are free. Ports that another process holds are left as they are; peers dial those too. */
export async function listenFor(
  order: PairCheckOrder,
  network: ProbeNetwork,
  view: Pick<HostView, 'read'>,
  now: () => Date,
): Promise<Listening> {
  const open: Closable[] = []
  const received = new Map<string, Received>()
  const peers = new Map(order.peers.map(({ node, address }) => [address, node]))

  function count(node: string, port: PairPort, kind: 'ping' | 'size', bytes: number): void {
    const key = `${node} ${port}`
    const known = received.get(key) ?? { node, port, packets: 0, sizes: [] }
    if (kind === 'ping') known.packets += 1
    else if (known.sizes.length < MAX_SIZES && !known.sizes.includes(bytes)) known.sizes.push(bytes)
    received.set(key, known)
  }

  async function openPort(port: PairPort): Promise<void> {
    if (port.endsWith('/tcp')) {
      open.push(await network.acceptTcp(order.address, numberOf(port)))
      return
    }
    const socket = await network.receiveUdp(order.address, numberOf(port), (bytes, from, reply) => {
      const receivedAtMs = now().getTime()
      const packet = readPacket(bytes)
      const node = peers.get(from.address)
      if (!packet || packet.kind === 'reply' || packet.check !== order.check || node === undefined) return
      count(node, port, packet.kind, bytes.length + headerBytes(order.address))
      reply(writePacket({ ...packet, kind: 'reply', receivedAtMs, sentAtMs: now().getTime() }))
    })
    open.push(socket)
  }

  async function stateOf(port: PairPort): Promise<{ port: PairPort; state: PortState; why?: string }> {
    try {
      await openPort(port)
      return { port, state: 'open' }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return code === 'EADDRINUSE' ? { port, state: 'held' } : { port, state: 'failed', why: message }
    }
  }

  const ports = order.listen ? await Promise.all(order.ports.map(stateOf)) : await asTheyAre(order, view)
  return {
    ports,
    received: () => [...received.values()],
    close() {
      for (const each of open.splice(0)) each.close()
    },
  }
}

/** If the order forbids opening ports, peers can still dial those that are open already. */
async function asTheyAre(
  { ports, address }: PairCheckOrder,
  view: Pick<HostView, 'read'>,
): Promise<Listening['ports']> {
  const sockets = await boundSockets(view as HostView)
  const isThere = (port: PairPort) =>
    sockets.some(
      (socket) => `${socket.port}/${socket.protocol}` === port && [address, '0.0.0.0', '::'].includes(socket.address),
    )
  return ports.map((port) => ({ port, state: isThere(port) ? 'held' : 'closed' }))
}
