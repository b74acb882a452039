/** The floor: a server of `ws` with mutual TLS and nothing else, which welcomes each client. */
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { openAuthority } from '../../../src/controller/access/authority.ts'
import { SUBPROTOCOL } from '../../../src/protocol/version.ts'
import { answerCalls, usageMeter } from '../program.ts'

const usage = usageMeter()
const WELCOME = {
  ...{ version: 1, heartbeatMs: 30_000, lastSeq: 0, now: '2026-01-01T00:00:00.000Z' },
  ...{ state: 'READY', cluster: 'demo' },
}

answerCalls({
  async start(dataDirectory: string) {
    const { ca, serverCertificate } = openAuthority(join(dataDirectory, 'pki'), new Date(), true)
    const { certificate, key } = serverCertificate(['127.0.0.1'], new Date())
    const server = createServer({
      ...{ ca, cert: certificate, key, minVersion: 'TLSv1.3' },
      ...{ requestCert: true, rejectUnauthorized: true },
    })
    const sockets = new WebSocketServer({ server, perMessageDeflate: false, handleProtocols: () => SUBPROTOCOL })
    const welcome = JSON.stringify({ v: 1, t: 'welcome', id: 'c1', seq: 0, ack: 0, body: WELCOME })
    sockets.on('connection', (socket) => socket.once('message', () => socket.send(welcome)))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  },
  usage: () => ({ ...usage(), lagMs: 0 }),
})
