import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import { AgentError } from '../errors/agent-error.ts'
import { ExitCode } from '../errors/exit-codes.ts'

/** The address that this machine has on the way to the controller. Nothing is sent: the kernel only picks the route. */
export async function addressTowards(url: string): Promise<string> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  try {
    const { address } = await lookup(host)
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    return await new Promise<string>((resolve, reject) => {
      socket.on('error', reject)
      socket.once('connect', () => resolve(socket.address().address))
      socket.connect(9, address)
    }).finally(() => socket.close())
  } catch (cause) {
    const message = `no way to the controller at ${url} (${(cause as Error).message})`
    throw new AgentError('controller/unreachable', message, {
      fix: 'mend routes and name resolution of this machine',
      exitCode: ExitCode.controllerUnreachable,
      cause,
    })
  }
}
