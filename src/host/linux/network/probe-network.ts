import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, createServer, isIPv6 } from 'node:net'
import type { Closable, Endpoint, ProbeNetwork, ProbeReach, ProbeSocket } from '../../probe-network.ts'
import { interfaceOf } from './interfaces.ts'

type Trouble = Exclude<ProbeReach, 'open' | 'filtered'>

export const linuxProbeNetwork: ProbeNetwork = {
  mtuOf(address) {
    const name = interfaceOf(address)
    const path = `/sys/class/net/${name}/mtu`
    return name !== undefined && existsSync(path) ? Number(readFileSync(path, 'utf8')) : undefined
  },

  // ip(7): with 0, UDP sockets use IP_PMTUDISC_WANT. Node cannot set the mode of a socket.
  setsDontFragment: () => readFileSync('/proc/sys/net/ipv4/ip_no_pmtu_disc', 'utf8').trim() === '0',

  async acceptTcp(address, port): Promise<Closable> {
    const server = createServer((socket) => socket.on('error', () => undefined).destroy())
    server.listen({ host: address, port, exclusive: true })
    await once(server, 'listening')
    server.on('error', () => undefined)
    return server
  },

  connectTcp(from, to, timeoutMs) {
    return new Promise((resolve) => {
      const beganMs = performance.now()
      const socket = connect({ host: to.address, port: to.port, localAddress: from })
      const end = (reach: ProbeReach) => {
        clearTimeout(timer)
        socket.destroy()
        resolve({ reach, ms: performance.now() - beganMs })
      }
      const timer = setTimeout(() => end('filtered'), timeoutMs)
      socket.once('connect', () => end('open'))
      socket.on('error', (error: NodeJS.ErrnoException) => end(troubleOf(error) ?? 'filtered'))
    })
  },

  async receiveUdp(address, port, onPacket): Promise<Closable> {
    const socket = await bound(address, port)
    socket.on('message', (packet, { address: sender, port: senderPort }) =>
      onPacket(packet, { address: sender, port: senderPort }, (reply) => socket.send(reply, senderPort, sender)),
    )
    return socket
  },

  async openUdp(from, to, onPacket): Promise<ProbeSocket> {
    const socket = await bound(from, 0)
    let trouble: Trouble | undefined
    const note = (error: NodeJS.ErrnoException | null): void => {
      trouble = (error && troubleOf(error)) || trouble
    }
    socket.on('error', note)
    socket.on('message', onPacket)
    socket.connect(to.port, to.address)
    // Without a route the socket cannot be connected, and nothing is sent.
    const isConnected = await once(socket, 'connect').then(() => true, note)
    return {
      send(packet) {
        if (!isConnected) return { isWhole: true }
        const before = fragmentsMade(to)
        // A connected socket passes the packet to the kernel before send() returns.
        socket.send(packet, note)
        return { isWhole: fragmentsMade(to) === before }
      },
      trouble: () => trouble,
      close: () => socket.close(),
    }
  },
}

async function bound(address: string, port: number): Promise<UdpSocket> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  socket.bind({ address, port, exclusive: true })
  await once(socket, 'listening')
  socket.on('error', () => undefined)
  return socket
}

function troubleOf({ code }: NodeJS.ErrnoException): Trouble | undefined {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return 'refused'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return 'unreachable'
    case 'EPERM':
    case 'EACCES':
      return 'forbidden'
    default:
      // ETIMEDOUT: no answer. EMSGSIZE: the packet was too large.
      return undefined
  }
}

/**
 * Number of fragments that this network namespace has created. With IP_PMTUDISC_WANT the kernel fragments packets once it
 * knows a smaller path MTU, instead of setting the don't-fragment flag. Such a packet does not prove that its size passes.
 */
function fragmentsMade({ address }: Endpoint): number {
  if (isIPv6(address)) return Number(/^Ip6FragCreates\s+(\d+)/m.exec(readFileSync('/proc/net/snmp6', 'utf8'))?.[1])
  const [names, values] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Ip: '))
    .map((line) => line.split(' '))
  return Number(values?.[names?.indexOf('FragCreates') ?? 0])
}
