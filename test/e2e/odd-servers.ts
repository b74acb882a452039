/**
 * Misbehaving servers, as a process in the network of a test bed: `odd-servers.ts ADDRESS`. Prints `ready`.
 * On UDP, a DNS server that does not answer and a time server with the wrong time. On TCP, proxies by port.
 */
import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { ODD_PROXIES, WRONG_BY_MS } from './odd-ports.ts'

const [, , address = ''] = process.argv
const UNIX_EPOCH_SECONDS = 2_208_988_800

await Promise.all([
  bind(53, () => undefined),
  bind(123, wrongTime),
  listen(ODD_PROXIES.forbids, (socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')),
  listen(ODD_PROXIES.needsPassword, (socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')),
  listen(ODD_PROXIES.hangs, () => undefined),
  listen(ODD_PROXIES.inspectsTls, inspectTls()),
])
console.log('ready')

/** An SNTP answer (RFC 4330) that is ten seconds ahead. */
function wrongTime(query: Buffer): Buffer | undefined {
  if (query.length < 48) return undefined
  const reply = Buffer.alloc(48)
  reply.writeUInt8(0x24, 0) // version 4, server
  reply.writeUInt8(2, 1) // stratum
  query.copy(reply, 24, 40, 48)
  const seconds = (Date.now() + WRONG_BY_MS) / 1_000
  for (const at of [16, 32, 40]) {
    reply.writeUInt32BE(Math.floor(seconds) + UNIX_EPOCH_SECONDS, at)
    reply.writeUInt32BE(Math.floor((seconds % 1) * 0x1_0000_0000), at + 4)
  }
  return reply
}

function bind(port: number, answer: (query: Buffer) => Buffer | undefined): Promise<void> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const reply = answer(query)
    if (reply) socket.send(reply, from.port, from.address)
  })
  return new Promise((resolve) => socket.bind(port, address, resolve))
}

/** Calls `onAsked` at the first data of the client. */
function listen(port: number, onAsked: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => onAsked(socket))
  })
  return new Promise((resolve) => server.listen(port, address, resolve))
}

/** Terminates TLS with a certificate of its own CA, as an inspecting proxy does. */
function inspectTls(): (socket: Socket) => void {
  const now = new Date()
  const ca = createCa({ commonName: 'Inspection CA', days: 1, now })
  const { publicKey, privateKey } = createKeyPair()
  const order = { ca, publicKey, commonName: 'inspector', usages: ['serverAuth' as const], notBefore: now, days: 1 }
  const server = createTlsServer({
    cert: issueCertificate({ ...order, ipAddresses: ['10.90.0.1'] }),
    key: keyToPem(privateKey),
  })
  return (socket) => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    server.emit('connection', socket)
  }
}
