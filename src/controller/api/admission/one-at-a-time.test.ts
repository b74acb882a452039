import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, it } from 'vitest'
import { createCa, issueCertificate } from '../../../pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../../pki/key.ts'
import { oneAtATime } from './one-at-a-time.ts'

it('the end of a connection with too many requests costs no stack trace for each of them', async () => {
  const ends: (string | undefined)[] = []
  let refusals = 0
  const listener = oneAtATime(
    () => undefined,
    (socket) => {
      refusals++
      socket.destroy()
    },
  )
  const server = createServer((request, response) => {
    if (ends.length === 0) request.on('error', ({ stack }) => ends.push(stack))
    listener(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const before = Error.stackTraceLimit
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500))
  await once(client, 'close')
  expect([refusals, new Set(ends)]).toEqual([1, new Set(['Error: aborted'])])
  expect(Error.stackTraceLimit).toBe(before)
  server.close()
})

it('of a client that sends too many requests, none is handled, and what follows the refusal is not parsed', async () => {
  const handled: IncomingMessage[] = []
  let parsed = 0
  const listener = oneAtATime(
    (request) => handled.push(request),
    (socket) => socket.end('HTTP/1.1 429 Refused\r\nConnection: close\r\n\r\n', () => socket.destroy()),
  )
  const now = new Date()
  const ca = createCa({ commonName: 'ca', days: 1, now })
  const { publicKey, privateKey } = createKeyPair()
  const order = { commonName: 'localhost', usages: ['serverAuth'], notBefore: now, days: 1 } as const
  const tls = { key: keyToPem(privateKey), cert: issueCertificate({ ca, publicKey, ...order }) }
  const server = createTlsServer(tls, (request, response) => {
    parsed++
    listener(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  let answer = ''
  client.setEncoding('latin1').on('data', (text: string) => {
    answer += text
  })
  client.on('error', () => undefined)
  const request = `GET /${'x'.repeat(100)} HTTP/1.1\r\nHost: x\r\n\r\n`
  client.write(request.repeat(500))
  await once(client, 'close')
  expect(answer).toMatch(/^HTTP\/1.1 429/)
  expect(handled).toEqual([])
  // One piece of Node's parser.
  expect(parsed).toBeLessThanOrEqual(16_384 / request.length + 1)
  server.close()
})
