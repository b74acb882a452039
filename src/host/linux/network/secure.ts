import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { inPieces } from '../../../base/net/in-pieces.ts'
import { TUNNEL_MESSAGE_BYTES, TUNNEL_PATH, TUNNEL_PIECE_BYTES } from '../../../protocol/version.ts'
import type { HttpProxy, TlsIdentity } from '../../network.ts'
import { type Deadline, openTcp, openTls, settle, type Target } from './connect.ts'

/** A TCP connection to the host, through the proxy if there is one. */
export async function openRaw(to: Target, proxy: HttpProxy | undefined, until: Deadline): Promise<Socket> {
  if (proxy?.url === undefined) return openTcp(to, until)
  // Loaded on demand: few agents have a proxy.
  const { openTunnel } = await import('./proxy.ts')
  return openTunnel(proxy.url, to, until)
}

/** TLS from end to end, also through a proxy that ends TLS on the way. */
export async function openSecure(
  to: Target,
  identity: TlsIdentity | undefined,
  proxy: HttpProxy | undefined,
  until: Deadline,
): Promise<Socket> {
  const raw = await openRaw(to, proxy, until)
  if (proxy?.inspects === undefined) return openTls(raw, to, identity, until)
  // Whoever ends it sees only the connection inside, in which both ends are verified.
  const outer = await openTls(raw, to, { rejectUnauthorized: false, minVersion: 'TLSv1.2' }, until)
  return openTls(await openWebSocket(outer, to, until), to, identity, until)
}

async function openWebSocket(outer: Socket, to: Target, until: Deadline): Promise<Duplex> {
  const { WebSocket, createWebSocketStream } = await import('ws')
  const authority = to.host.includes(':') ? `[${to.host}]:${to.port}` : `${to.host}:${to.port}`
  const webSocket = new WebSocket(`wss://${authority}${TUNNEL_PATH}`, {
    createConnection: () => outer,
    perMessageDeflate: false,
    maxPayload: TUNNEL_MESSAGE_BYTES,
    followRedirects: false,
  })
  const late = `${authority} did not open a tunnel through the proxy within ${until.timeoutMs} ms`
  return settle<Duplex>(outer, 'proxy', until.signal, late, (done, fail) => {
    webSocket.once('open', () => {
      webSocket.removeAllListeners('error')
      const stream = inPieces(createWebSocketStream(webSocket), TUNNEL_PIECE_BYTES)
      // Told by the TLS connection inside.
      stream.on('error', () => undefined)
      done(stream)
    })
    webSocket.once('unexpected-response', (request, response) => {
      request.destroy()
      const status = response.statusCode ?? 0
      fail(
        `${authority} answered ${status} instead of a tunnel: the proxy must pass websockets, and the controller must know ${TUNNEL_PATH}`,
      )
    })
    webSocket.on('error', (error) => fail(`${authority}: no tunnel through the proxy: ${error.message}`, error))
  })
}
