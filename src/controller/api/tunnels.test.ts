import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createWebSocketStream, WebSocket } from 'ws'
import { serverCertificate } from '../../../test/support/images/server-certificate.ts'
import { deadline } from '../../host/linux/network/connect.ts'
import { openSecure } from '../../host/linux/network/secure.ts'
import { TUNNEL_MESSAGE_BYTES } from '../../protocol/version.ts'
import { CLIENT_CERTIFICATES } from './admission/connections.ts'
import { addressTunnels, beginOn, openTunnels } from './tunnels.ts'

const { ca, certificate: cert, key } = serverCertificate('127.0.0.1')
let server: Server
let verified: Socket[]
/** Connections whose TLS begins when there are so many. */
let held: Socket[]
let most = 1
beforeEach(async () => {
  verified = []
  held = []
  most = 1
  server = createServer({ key, cert, ca, ...CLIENT_CERTIFICATES }, ({ socket }, response) =>
    response.end(String(socket.remotePort)),
  )
  const [beginTls] = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    if (held.push(socket) < most) return
    for (const each of held.splice(0)) beginOn(each, () => beginTls?.call(server, each))
  })
  const tunnels = openTunnels(server, (outer) => verified.push(outer))
  server.on('upgrade', (request, socket: Duplex, head) => tunnels.open(request, socket, head))
  addressTunnels(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const port = () => (server.address() as AddressInfo).port

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
/** The port of the client as the server knows it; undefined if there was no answer. */
const portIn = (answer: string) =>
  answer
    .match(/\r\n\r\n.*?(\d{4,5})/s)
    ?.slice(1)
    .map(Number)[0]

async function askedIn(tunnel: WebSocket, identity = {}): Promise<number | undefined> {
  const inner = connect({ host: '127.0.0.1', ca, ...identity, socket: createWebSocketStream(tunnel) })
  inner.on('error', () => undefined)
  inner.write(REQUEST)
  return portIn(await text(inner).catch(() => ''))
}

async function openOuter() {
  const outer = connect({ host: '127.0.0.1', port: port(), ca })
  await once(outer, 'secureConnect')
  const open = async () => {
    const webSocket = new WebSocket(`wss://127.0.0.1:${port()}/`, { createConnection: () => outer })
    await once(webSocket, 'open')
    return webSocket
  }
  return { outer, open }
}

it('a tunnel, a direct connection and another tunnel begin TLS at once: each has its own address', async () => {
  const [one, two] = [await openOuter(), await openOuter()]
  most = 3
  const first = askedIn(await one.open(), { cert, key })
  const direct = connect({ host: '127.0.0.1', port: port(), ca })
  await once(direct, 'connect')
  const ports = [one.outer, direct, two.outer].map(({ localPort }) => localPort)
  while (held.length < 2) await once(server, 'connection')
  const second = askedIn(await two.open(), { cert, key })
  await once(direct, 'secureConnect')
  direct.write(REQUEST)
  const answers = [await first, portIn(await text(direct)), await second]
  expect(answers).toEqual(ports)
  expect(verified.map(({ remotePort }) => remotePort)).toEqual([ports[0], ports[2]])
})

it('in a tunnel, a client without a certificate gets no answer', async () => {
  const { open } = await openOuter()
  expect(await askedIn(await open())).toBeUndefined()
  expect(verified).toEqual([])
})

/** More than one write of TLS, and more than any message may have. */
const LARGE = 3 * 1024 * 1024

it('what an agent sends and gets with one write passes in messages within the limit', async () => {
  server.removeAllListeners('request')
  server.on('request', async (request: IncomingMessage, response: ServerResponse) =>
    response.end(await buffer(request)),
  )
  const to = { host: '127.0.0.1', port: port() }
  const socket = await openSecure(to, { ca, cert, key }, { inspects: true }, deadline(5_000))
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${LARGE}\r\n\r\n`)
  socket.write(Buffer.alloc(LARGE))
  expect((await buffer(socket)).length).toBeGreaterThan(LARGE)
})

it('a message beyond the limit ends the tunnel before anybody has authenticated', async () => {
  const tunnel = await (await openOuter()).open()
  tunnel.send(Buffer.alloc(TUNNEL_MESSAGE_BYTES + 1))
  const [code] = await once(tunnel, 'close')
  expect(code).toBe(1009)
})
