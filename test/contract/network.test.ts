import { createSocket } from 'node:dgram'
import { createServer as createHttpServer, type Server } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket, type Server as TcpServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linuxNetwork } from '../../src/host/linux/network/network.ts'
import { openTlsSite, type TlsSite } from './tls-site.ts'

let site: TlsSite
let otherSite: TlsSite
const open: { close(): unknown }[] = []

beforeAll(async () => {
  site = await openTlsSite((request, response) => {
    if (request.url === '/slow') return
    if (request.url === '/large') return void response.end('x'.repeat(5000))
    response.end(`${request.method} ${request.url}`)
  })
  site.server.on('upgrade', (_request, socket: Socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
  })
  otherSite = await openTlsSite((_request, response) => void response.end())
})

afterAll(async () => {
  for (const one of open) one.close()
  await Promise.all([site.close(), otherSite.close()])
})

async function listen<S extends Server | TcpServer>(server: S): Promise<{ server: S; port: number }> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  open.push({
    close: () => {
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
    },
  })
  return { server, port: (server.address() as AddressInfo).port }
}

const get = (path: string, more = {}) =>
  linuxNetwork.request(`${site.url}${path}`, { tls: site.identity, timeoutMs: 3_000, ...more })

test('an answer has its status, headers and body', async () => {
  expect(await get('/a?b=1')).toMatchObject({ status: 200, body: 'GET /a?b=1' })
  expect(await get('/x', { method: 'POST', body: 'data' })).toMatchObject({ body: 'POST /x' })
})

test('an upgrade is reported, and so is the answer of a server that does not upgrade', async () => {
  expect((await get('/', { upgrade: true })).status).toBe(101)
  const url = `${otherSite.url}/`
  const plain = await linuxNetwork.request(url, { tls: otherSite.identity, timeoutMs: 3_000, upgrade: true })
  expect(plain.status).toBe(200)
})

test('an error names the stage that failed', async () => {
  const { port: silent } = await listen(createServer(() => undefined))
  const closed = await listen(createServer())
  await new Promise((done) => closed.server.close(done))
  const request = (url: string, more = {}) =>
    linuxNetwork.request(url, { tls: site.identity, timeoutMs: 400, ...more }).then(
      () => 'no error',
      (error) => `${error.stage}: ${error.message}`,
    )
  expect(await request('https://no-such-name.invalid/')).toMatch(/^resolve: /)
  expect(await request(`https://127.0.0.1:${closed.port}/`)).toMatch(/^tcp: .*connection refused/)
  expect(await request(`https://localhost:${silent}/`)).toMatch(/^tls: no TLS handshake/)
  expect(await request(`${otherSite.url}/`)).toMatch(/^tls: .*another CA/)
  expect(await request(`${site.url}/slow`)).toMatch(/^http: .*did not send a complete HTTP response within 400 ms/)
  expect(await request(`${site.url}/large`, { maxBytes: 1000 })).toMatch(/^http: .*more than 1000 bytes/)
})

test('a failed handshake names the certificate of the server', async () => {
  const failure = (url: string, identity: object) =>
    linuxNetwork.request(url, { tls: identity as TlsSite['identity'], timeoutMs: 3_000 }).then(
      () => 'no error',
      (error) => `${error.stage}: ${error.message}`,
    )
  expect(await failure(`${otherSite.url}/`, site.identity)).toBe(
    `tls: TLS with localhost:${otherSite.port} failed: its certificate was issued by another CA (the peer presented a certificate for "server", issued by "test")`,
  )
  expect(await failure(`${site.url.replace('localhost', '127.0.0.1')}/`, site.identity)).toMatch(
    /^tls: .*for other names \(the peer presented a certificate for "server"/,
  )
  expect(await failure(`${site.url}/`, { ca: site.identity.ca })).toMatch(/^tls: .*requires a client certificate/)
  const plain = await listen(createHttpServer((_request, response) => void response.end('plain')))
  expect(await failure(`https://127.0.0.1:${plain.port}/`, site.identity)).toMatch(/^tls: .*does not use TLS/)
})

test('an answer has the times of the request and of its first byte, without the time of the connection', async () => {
  const { sentAtMs, receivedAtMs } = await get('/a')
  expect(receivedAtMs).toBeGreaterThanOrEqual(sentAtMs)
  expect(Math.abs(sentAtMs - Date.now())).toBeLessThan(60_000)
})

test('through a proxy: refusals and timeouts are reported, without the password', async () => {
  const seen: (string | undefined)[] = []
  const proxy = await listen(
    createHttpServer().on('connect', (request, socket: Socket) => {
      seen.push(request.headers['proxy-authorization'])
      const [, name] = Buffer.from(request.headers['proxy-authorization']?.slice(6) ?? '', 'base64')
        .toString()
        .split(':')
      if (name === 'hang') return
      if (name === 'lie') return void socket.write('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n')
      if (name !== 'pass') return void socket.end(`HTTP/1.1 ${name} No\r\n\r\n`)
      const upstream = connect(site.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => upstream.destroy())
    }),
  )
  const through = (password: string) =>
    get('/through', { proxy: { url: `http://user:${password}@127.0.0.1:${proxy.port}` }, timeoutMs: 500 }).then(
      ({ body }) => body,
      (error) => `${error.stage}: ${error.message}`,
    )
  expect(await through('pass')).toBe('GET /through')
  expect(seen[0]).toBe(`Basic ${Buffer.from('user:pass').toString('base64')}`)
  expect(await through('407')).toMatch(/^proxy: .*user name and password \(407\)/)
  expect(await through('403')).toMatch(/^proxy: .*does not allow connections to localhost:\d+ \(403\)/)
  expect(await through('502')).toMatch(/^proxy: .*with 502/)
  expect(await through('hang')).toMatch(/^proxy: .*did not answer CONNECT within 500 ms/)
  expect(await through('lie')).toMatch(/^proxy: .*sent data before/)
})

test('one UDP packet out and one back, with both times; without an answer it times out', async () => {
  const echo = createSocket('udp4')
  echo.on('message', (packet, from) => {
    if (packet.length > 1) echo.send(packet, from.port, from.address)
  })
  await new Promise<void>((done) => echo.bind(0, '127.0.0.1', done))
  open.push(echo)
  const to = { host: '127.0.0.1', port: echo.address().port }
  const { reply, sentAtMs, receivedAtMs } = await linuxNetwork.exchange(to, Buffer.from('ping'), 1_000)
  expect(Buffer.from(reply).toString()).toBe('ping')
  expect(receivedAtMs).toBeGreaterThanOrEqual(sentAtMs)
  expect(Math.abs(sentAtMs - Date.now())).toBeLessThan(60_000)
  await expect(linuxNetwork.exchange(to, Buffer.from('x'), 100)).rejects.toThrow('did not answer within 100 ms')
})

test('no route, a link-local name server, and a missing interface have their own errors', async () => {
  const failure = (host: string) =>
    linuxNetwork.exchange({ host, port: 53 }, Buffer.from('ping'), 500).then(
      () => 'no error',
      (error) => `${error.name} ${error.stage}: ${error.message}`,
    )
  // Connecting to a broadcast address fails like a missing route.
  expect(await failure('255.255.255.255')).toMatch(/^NetworkError tcp: 255\.255\.255\.255:53 \(UDP\): /)
  expect(await failure('fe80::1%no-such-link')).toMatch(/^NetworkError tcp: fe80::1%no-such-link:53 \(UDP\)/)
  expect(await failure('fe80::1')).toMatch(/^NetworkError tcp: fe80::1:53 \(UDP\)/)
})

test('a server without TLS 1.3 is refused, before it sees the client certificate', async () => {
  let requests = 0
  const old = await openTlsSite(() => void requests++, { maxVersion: 'TLSv1.2' })
  open.push(old)
  const request = linuxNetwork.request(`${old.url}/`, { tls: old.identity, timeoutMs: 3_000 })
  await expect(request).rejects.toMatchObject({ stage: 'tls', message: /does not support TLS 1\.3/ })
  expect(requests).toBe(0)
})
