import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureVersion } from 'node:tls'
import { type WebSocket, WebSocketServer } from 'ws'
import { createCa, issueCertificate } from '../../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../../src/pki/key.ts'
import { type DownFrame, UpFrame } from '../../../src/protocol/wire/frames.ts'

/** A controller that a test scripts, over real mTLS. */
export interface ScriptedController {
  url: string
  port: number
  /** The credentials of the agent. */
  tls: { ca: string; cert: string; key: string }
  /** Waits for the next connection. */
  connection(): Promise<Peer>
  close(): void
}

export interface Peer {
  socket: WebSocket
  received: UpFrame[]
  send<T extends DownFrame['t']>(t: T, body: Extract<DownFrame, { t: T }>['body'], seq?: number, ack?: number): void
  next<T extends UpFrame['t']>(t: T): Promise<Extract<UpFrame, { t: T }>>
}

export interface Options {
  maxVersion?: SecureVersion
  /** The HTTP status of the answer to the upgrade, instead of 101. */
  refuseWith?: number
}

export async function scriptedController({ maxVersion, refuseWith }: Options = {}): Promise<ScriptedController> {
  const now = new Date()
  const ca = createCa({ commonName: 'test', days: 1, now })
  const identity = (usage: 'clientAuth' | 'serverAuth') => {
    const { publicKey, privateKey } = createKeyPair()
    const order = { ca, publicKey, commonName: 'n-abcdefghij', usages: [usage], notBefore: now, days: 1 }
    return { cert: issueCertificate({ ...order, ipAddresses: ['127.0.0.1'] }), key: keyToPem(privateKey) }
  }
  const server: Server = createServer({
    ...identity('serverAuth'),
    ca: ca.certificate,
    requestCert: true,
    ...(maxVersion ? { maxVersion } : {}),
  })
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  server.on('upgrade', (request, socket, head) => {
    if (refuseWith !== undefined) return void socket.end(`HTTP/1.1 ${refuseWith} No\r\nContent-Length: 0\r\n\r\n`)
    sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    tls: { ca: ca.certificate, ...identity('clientAuth') },
    async connection() {
      const [socket] = await once(sockets, 'connection')
      return peerOf(socket)
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function peerOf(socket: WebSocket): Peer {
  const received: UpFrame[] = []
  socket.on('message', (data) => {
    received.push(UpFrame.parse(JSON.parse(data.toString())))
    socket.emit('frame')
  })
  socket.on('error', () => undefined)
  let count = 0
  return {
    socket,
    received,
    send(t, body, seq = 0, ack = 0) {
      count += 1
      socket.send(JSON.stringify({ v: 1, t, id: `c${count}`, seq, ack, body }))
    },
    async next(t) {
      for (;;) {
        const at = received.findIndex((frame) => frame.t === t)
        const [found] = at < 0 ? [] : received.splice(at, 1)
        if (found) return found as never
        await once(socket, 'frame', { signal: AbortSignal.timeout(10_000) })
      }
    },
  }
}
