import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Source } from '../../network.ts'
import { interfaceOf } from './interfaces.ts'

/** Any port; nothing is sent. */
const PORT = 9

/** connect(2) of a datagram socket only looks up the route, and binds to its source address. */
export async function sourceTowards(to: string): Promise<Source | undefined> {
  const socket = createSocket(isIPv6(to) ? 'udp6' : 'udp4')
  try {
    const address = await new Promise<string | undefined>((resolve) => {
      socket.on('error', () => resolve(undefined))
      socket.once('connect', () => resolve(socket.address().address))
      socket.connect(PORT, to)
    })
    return address === undefined ? undefined : { address, interface: interfaceOf(address) ?? '' }
  } finally {
    socket.close()
  }
}
