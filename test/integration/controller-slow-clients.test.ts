import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Timeouts } from '../../src/controller/api/limits.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { connectAgent } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import {
  adminOf,
  type Credentials,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
  type Installer,
} from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

const TIMEOUTS: Timeouts = {
  handshakeTimeout: 700,
  headersTimeout: 500,
  requestTimeout: 1_000,
  keepAliveTimeout: 500,
  connectionsCheckingInterval: 100,
  idleTimeout: 2_000,
  downloadTimeout: 60_000,
}
/** The longest limit, with time for a busy machine. */
const SOON_MS = 10_000
/** More than the socket buffers of both sides can hold. */
const LARGE = 64 * 1024 * 1024

let dataDirectory: string
let controller: Controller
let bundle: string
let installer: Installer
let node: EnrolledNode

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  bundle = (await importSmallBundle(dataDirectory, Buffer.alloc(LARGE))).manifestSha256
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    heartbeatMs: () => 1_000,
    tickMs: 600_000,
    drainMs: 10,
    timeouts: TIMEOUTS,
  })
  installer = await createCluster(controller, 'demo')
  node = await enrolNode(controller, installer, 'one')
})
afterAll(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

/** A client that never ends its side of a connection. */
async function openTcp(): Promise<Socket> {
  const socket = connectTcp({ host: '127.0.0.1', port: controller.port, allowHalfOpen: true })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

async function openTls({ ca, cert, key }: Credentials): Promise<Socket> {
  const socket = connect({ socket: await openTcp(), host: '127.0.0.1', ca, cert, key })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

/** Whether the controller still has its end of the connection open, according to the kernel. */
function isHeld(clientPort: number): boolean {
  const hex = (port: number) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const ends = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  // A socket that no process holds has no inode.
  return ends.some(
    ([, own, peer, , , , , , , inode]) => own === hex(controller.port) && peer === hex(clientPort) && inode !== '0',
  )
}

/** Sends a byte every 20 ms without end. */
async function drip(socket: Socket, byte: string): Promise<void> {
  while (!socket.destroyed && socket.writable) {
    socket.write(byte)
    await sleep(20)
  }
}

/** Resolves once the controller has cut the connection from this port. */
function cut(clientPort: number, withinMs = SOON_MS): Promise<unknown> {
  return waitFor('the controller to cut the connection', () => !isHeld(clientPort), { withinMs })
}

const upgradeTo = (path: string, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${more}`

/** Clients that would hold a connection and memory without end. */
const SLOW: [what: string, act: (socket: Socket) => unknown][] = [
  ['sends nothing', () => undefined],
  ['drips its request', (socket) => drip(socket, 'G')],
  ['drips a header', (socket) => socket.write('GET /v1/ping HTTP/1.1\r\nX: ') && drip(socket, 'x')],
  ['drips the headers of an upgrade', (socket) => socket.write(`${upgradeTo('/v1/agent')}X: `) && drip(socket, 'x')],
  [
    'drips a body',
    (socket) => {
      socket.write(
        'POST /v1/clusters HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n',
      )
      return drip(socket, ' ')
    },
  ],
  [
    'stops in the middle of a body',
    (socket) =>
      socket.write(
        'POST /v1/clusters HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
      ),
  ],
  [
    'drips a body in chunks',
    (socket) => {
      socket.write(
        'POST /v1/clusters HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
      )
      return drip(socket, '1\r\n \r\n')
    },
  ],
  ['keeps a used connection open', (socket) => socket.write('GET /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['does not close a refused upgrade', (socket) => socket.write(`${upgradeTo('/v1/elsewhere')}\r\n`)],
  ['does not close a test upgrade', (socket) => socket.write(`${upgradeTo('/v1/ping')}\r\n`)],
]

describe('other clients are served while a client', () => {
  it.each(SLOW)('%s', async (_, act) => {
    const socket = await openTls(adminOf(controller))
    const port = socket.localPort ?? 0
    socket.resume()
    const acting = act(socket)
    expect(isHeld(port)).toBe(true)
    await isServed()
    await cut(port)
    await isServed()
    socket.destroy()
    await acting
  })

  it('does not start TLS', async () => {
    const socket = await openTcp()
    await isServed()
    await cut(socket.localPort ?? 0)
    socket.destroy()
  })

  it('upgrades, sends no hello and does not answer the close', async () => {
    const socket = await openTls(node)
    socket.write(`${upgradeTo('/v1/agent', 'Sec-WebSocket-Protocol: cantrip.v1\r\n')}\r\n`)
    await cut(socket.localPort ?? 0, 20_000)
    await isServed()
    socket.destroy()
  })

  it('asks for a large file and does not read it', async () => {
    const socket = await openTls(node)
    socket.pause()
    socket.write(`GET /v1/bundles/${bundle}/bin/kubelet HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(socket, 'readable', { signal: AbortSignal.timeout(SOON_MS) })
    await isServed()
    await cut(socket.localPort ?? 0)
    await isServed()
    socket.destroy()
  })

  it('sends pings and does not read the pongs', async () => {
    const agent = await connectAgent(controller, node)
    agent.socket.pause()
    const payload = Buffer.alloc(125)
    let sent = 0
    const pinging = (async () => {
      while (sent < LARGE && agent.socket.readyState === agent.socket.OPEN) {
        for (let count = 0; count < 99; count++) agent.socket.ping(payload)
        await new Promise((resolve) => agent.socket.ping(payload, true, resolve))
        sent += 100 * payload.length
      }
    })()
    await Promise.race([pinging, sleep(10_000)])
    await isServed()
    expect(sent).toBeLessThan(LARGE / 2)
    agent.socket.terminate()
  })
})

async function isServed(): Promise<void> {
  const started = performance.now()
  const answers = await Promise.all([
    call(controller.url, adminOf(controller), 'GET', '/v1/clusters'),
    call(controller.url, installer, 'GET', '/v1/ping'),
  ])
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  expect(performance.now() - started).toBeLessThan(2_000)
}

it('a slow client within the limits is served', async () => {
  const socket = await openTls(adminOf(controller))
  const body = JSON.stringify({ name: 'x' })
  socket.write(
    `POST /v1/clusters HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`,
  )
  await sleep(200)
  socket.write('\r\n')
  for (const character of body) {
    await sleep(20)
    socket.write(character)
  }
  const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(SOON_MS) })
  expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /)
  socket.destroy()
})

it('an idle agent stays connected', async () => {
  const agent = await connectAgent(controller, node)
  await sleep(TIMEOUTS.idleTimeout + 1_000)
  expect(agent.socket.readyState).toBe(agent.socket.OPEN)
  agent.socket.terminate()
})
