import { request } from 'node:http'
import type { Socket } from 'node:net'
import { bareHost } from '../../../base/net/address.ts'
import { NetworkError } from '../../network.ts'
import { type Deadline, describeError, openTcp, settle, type Target } from './connect.ts'

/** Opens a tunnel through an HTTP proxy. Fails if the proxy sends data before the tunnel is open. */
export async function openTunnel(proxyUrl: string, to: Target, deadline: Deadline): Promise<Socket> {
  const proxy = new URL(proxyUrl)
  const shown = proxy.host
  if (proxy.protocol !== 'http:') throw new NetworkError('proxy', `proxy ${shown}: only http:// proxies are supported`)
  const socket = await openTcp({ host: bareHost(proxy.hostname), port: Number(proxy.port || 80) }, deadline, 'proxy')
  const late = `proxy ${shown} did not answer CONNECT within ${deadline.timeoutMs} ms`
  return settle(socket, 'proxy', deadline.signal, late, (done, fail) => {
    const authority = to.host.includes(':') ? `[${to.host}]:${to.port}` : `${to.host}:${to.port}`
    const connect = request({
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization(proxy) },
      createConnection: () => socket,
    })
    connect.once('connect', (response, _socket, head) => {
      if (response.statusCode !== 200) return fail(`proxy ${shown}: ${refusal(response.statusCode ?? 0, authority)}`)
      if (head.length > 0) return fail(`proxy ${shown} sent data before the tunnel was open`)
      done(socket)
    })
    connect.once('error', (error: NodeJS.ErrnoException) => fail(`proxy ${shown}: ${describeError(error)}`, error))
    connect.end()
  })
}

function refusal(status: number, authority: string): string {
  if (status === 407) return 'requires a user name and password (407)'
  if (status === 403) return `does not allow connections to ${authority} (403)`
  return `answered CONNECT ${authority} with ${status}`
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  return { 'proxy-authorization': `Basic ${credentials}` }
}
