import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { isIPv6, type Socket } from 'node:net'
import { bareHost } from '../../../base/net/address.ts'
import { NetworkError, type NetworkView, type RequestOptions, type Response } from '../../network.ts'
import {
  closedAfterHandshake,
  type Deadline,
  deadline,
  describeError,
  isTlsError,
  resolve,
  settle,
  type Target,
} from './connect.ts'
import { openRaw, openSecure } from './secure.ts'
import { sourceTowards } from './source-towards.ts'

const MAX_BODY_BYTES = 2 ** 20
/** A connection that ends later than this after the request was accepted by the server. */
const HANDSHAKE_END_MS = 3_000

export const linuxNetwork: NetworkView = {
  resolve: (name, timeoutMs) => resolve(name, deadline(timeoutMs)),

  sourceTowards,

  async request(url, options) {
    const target = new URL(url)
    const secure = target.protocol === 'https:' || target.protocol === 'wss:'
    const to: Target = { host: bareHost(target.hostname), port: Number(target.port || (secure ? 443 : 80)) }
    const until = deadline(options.timeoutMs, options.signal)
    const socket = secure
      ? await openSecure(to, options.tls, options.proxy, until)
      : await openRaw(to, options.proxy, until)
    try {
      return await exchangeHttp(socket, target, options, until)
    } finally {
      socket.destroy()
    }
  },

  async exchange(to, packet, timeoutMs) {
    const [address] = await resolve(to.host, deadline(timeoutMs))
    if (address === undefined) throw new NetworkError('resolve', `${to.host} has no address`)
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    try {
      return await new Promise((done, reject) => {
        const late = () =>
          reject(new NetworkError('tcp', `${to.host}:${to.port} (UDP) did not answer within ${timeoutMs} ms`))
        const timer = setTimeout(late, timeoutMs)
        let sentAtMs = 0
        socket.on('error', (error: NodeJS.ErrnoException) => {
          clearTimeout(timer)
          reject(new NetworkError('tcp', `${to.host}:${to.port} (UDP): ${describeError(error)}`, { cause: error }))
        })
        socket.once('message', (reply) => {
          const receivedAtMs = monotonicMs()
          clearTimeout(timer)
          done({ reply, sentAtMs, receivedAtMs })
        })
        // Connected, so that only packets of this host arrive, and ICMP errors are reported. The event is used because the
        // callback of `connect` is also called if there is no route.
        socket.once('connect', () => {
          sentAtMs = monotonicMs()
          socket.send(packet)
        })
        socket.connect(to.port, address)
      })
    } finally {
      socket.close()
    }
  },
}

function monotonicMs(): number {
  return performance.timeOrigin + performance.now()
}

function exchangeHttp(
  socket: Socket,
  url: URL,
  options: RequestOptions,
  { signal, timeoutMs }: Deadline,
): Promise<Response> {
  const stage = options.upgrade ? 'upgrade' : 'http'
  const late = `${url.host} did not send a complete HTTP response within ${timeoutMs} ms`
  return settle<Response>(socket, stage, signal, late, (done, fail) => {
    const sentAtMs = monotonicMs()
    const request = send(socket, url, options)
    request.once('error', (error: NodeJS.ErrnoException) => {
      const isAtOnce = monotonicMs() - sentAtMs < HANDSHAKE_END_MS
      const ended = isAtOnce ? closedAfterHandshake(error, url.host, options.tls?.cert) : undefined
      if (ended !== undefined) fail(ended, error, 'tls')
      else if (isTlsError(error)) fail(`TLS with ${url.host} failed: ${describeError(error)}`, error, 'tls')
      else fail(`HTTP with ${url.host} failed: ${describeError(error)}`, error)
    })
    request.once('upgrade', (response) => done({ ...answer(response, ''), sentAtMs, receivedAtMs: monotonicMs() }))
    request.once('response', (response) => {
      const receivedAtMs = monotonicMs()
      const maxBytes = options.maxBytes ?? MAX_BODY_BYTES
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxBytes) fail(`${url.host} sent more than ${maxBytes} bytes`)
        else chunks.push(chunk)
      })
      response.once('end', () =>
        done({ ...answer(response, Buffer.concat(chunks).toString()), sentAtMs, receivedAtMs }),
      )
      response.once('error', (error: NodeJS.ErrnoException) =>
        fail(`HTTP with ${url.host} failed: ${describeError(error)}`, error),
      )
    })
  })
}

function send(
  socket: Socket,
  url: URL,
  { method = 'GET', headers = {}, body, upgrade }: RequestOptions,
): ClientRequest {
  const upgrading = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
  }
  const request = httpRequest({
    method,
    path: `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      connection: 'close',
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
      ...(upgrade && upgrading),
      ...headers,
    },
    createConnection: () => socket,
  })
  request.end(body)
  return request
}

function answer(response: IncomingMessage, body: string): Pick<Response, 'status' | 'headers' | 'body'> {
  const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
  return { status: response.statusCode ?? 0, headers: Object.fromEntries(headers), body }
}
