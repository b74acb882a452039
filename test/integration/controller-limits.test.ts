/** What one client can take, and that others are served meanwhile. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openAuthority } from '../../src/controller/access/authority.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { openSqliteStore } from '../../src/controller/store/sqlite/store.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import type { LogEntry } from '../../src/protocol/api/events.ts'
import { connectAgent, facts } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import {
  adminOf,
  type Credentials,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
  type Installer,
  showNode,
} from '../support/controller/client.ts'
import { cluster as clusterWith, EARLY } from '../support/controller/member.ts'
import { startCluster } from '../support/controller/start-cluster.ts'
import { waitFor } from '../support/wait-for.ts'

const FILE_BYTES = 32 * 1024 * 1024
/** More than the socket buffers of both sides can hold. */
const LARGE = 64 * 1024 * 1024
const EVENTS = 300
const MESSAGE = 'x'.repeat(8_000)

let dataDirectory: string
let controller: Controller
let bundle: string
let installer: Installer
let attacker: EnrolledNode
let healthy: EnrolledNode
const logged: string[] = []
const open: Socket[] = []

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  bundle = (await importSmallBundle(dataDirectory, Buffer.alloc(FILE_BYTES))).manifestSha256
  await storeEvents()
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    log: (line) => logged.push(line),
    tickMs: 600_000,
    drainMs: 10,
    timeouts: {
      handshakeTimeout: 1_000,
      headersTimeout: 20_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 20_000,
      connectionsCheckingInterval: 500,
      idleTimeout: 100_000,
      downloadTimeout: 3_000,
    },
  })
  installer = await createCluster(controller, 'demo')
  attacker = await enrolNode(controller, installer, 'one')
  healthy = await enrolNode(controller, installer, 'two')
})
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy()
})
afterAll(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

/** Long events of a cluster `noisy`. */
async function storeEvents(): Promise<void> {
  // A controller with clusters does not create its keys.
  openAuthority(join(dataDirectory, 'pki'), new Date(), false)
  const store = openSqliteStore(join(dataDirectory, 'controller.db'))
  const noisy = clusterWith({ id: 'c-noisy00000', name: 'noisy' })
  const event = { kind: 'log', at: EARLY, level: 'info', message: MESSAGE } as const
  const record = { at: EARLY, clusterId: noisy.id, nodeId: null, nodeSeq: null, runId: null, event }
  await store.commit([
    { change: 'add-cluster', cluster: noisy },
    ...Array.from({ length: EVENTS }, () => ({ change: 'add-event', event: record }) as const),
  ])
  await store.close()
}

async function openTls({ ca, cert, key }: Credentials, from = '127.0.0.1'): Promise<Socket> {
  const tcp = connectTcp({ host: '127.0.0.1', port: controller.port, localAddress: from })
  const socket = connect({ socket: tcp, host: '127.0.0.1', ca, cert, key })
  open.push(socket)
  tcp.on('error', () => undefined)
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
const file = () => `/v1/bundles/${bundle}/bin/kubelet`
const codesIn = (answers: readonly { status: number }[]) =>
  Object.fromEntries([...Map.groupBy(answers, ({ status }) => status)].map(([status, each]) => [status, each.length]))

/** Another node and the administrator are served. */
async function areServed(): Promise<void> {
  const answers = await Promise.all([
    call(controller.url, healthy, 'GET', '/v1/ping'),
    call(controller.url, healthy, 'GET', file(), undefined, { range: 'bytes=0-99' }),
    call(controller.url, adminOf(controller), 'GET', '/v1/clusters/demo'),
  ])
  expect(answers.map(({ status }) => status)).toEqual([200, 206, 200])
}

/** The lines of the log about a reason. */
const linesOn = (reason: string) => logged.filter((line) => line.includes(reason))

it('requests that are pipelined: the connection ends with one error', async () => {
  const socket = await openTls(adminOf(controller))
  socket.write(get('/v1/events?after=999999&waitMs=20000').repeat(500))
  const received = await text(socket)
  expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 429'])
  expect(JSON.parse(received.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'limit/pipelined' })
  await areServed()
  expect(linesOn('pipelined')).toHaveLength(1)
})

it('downloads that are pipelined: no more than one is sent', async () => {
  const socket = await openTls(attacker)
  let bytes = 0
  socket.on('data', (data) => {
    bytes += data.length
  })
  socket.write(get(file()).repeat(500))
  await once(socket, 'close')
  expect(bytes).toBeLessThan(FILE_BYTES + 1_000)
  await areServed()
})

it('a request that follows an answer at once is served', async () => {
  const socket = await openTls(attacker)
  let received = ''
  socket.on('data', (data) => {
    received += data.toString('latin1')
  })
  socket.write(get('/v1/ping').repeat(2))
  await waitFor('both answers', () => received.match(/HTTP\/1\.1 200/g)?.length === 2)
})

it('a certificate has four downloads, and a stalled one ends', async () => {
  const stalled = await Promise.all(Array.from({ length: 4 }, () => openTls(attacker)))
  for (const socket of stalled) {
    socket.pause()
    socket.write(get(file()))
    await once(socket, 'readable')
  }
  const fifth = await call(controller.url, attacker, 'GET', file())
  expect([fifth.status, fifth.json]).toMatchObject([429, { code: 'limit/downloads' }])
  await areServed()
  await sleep(2_200)
  // The node was cut off and downloads again: its stalled connections make room.
  expect((await call(controller.url, attacker, 'GET', file())).status).toBe(200)
  await waitFor('the stalled downloads to end', () => linesOn('ended a download').length > 0)
  await Promise.all(stalled.map((socket) => text(socket).catch(() => undefined)))
  const again = await Promise.all(Array.from({ length: 4 }, () => call(controller.url, attacker, 'GET', file())))
  expect(codesIn(again)).toEqual({ 200: 4 })
})

it('an identity has a limited number of requests that wait', async () => {
  const admin = adminOf(controller)
  const polls = Array.from({ length: 70 }, () =>
    call(controller.url, admin, 'GET', '/v1/events?after=999999&waitMs=3000'),
  )
  await areServed()
  const answers = await Promise.all(polls)
  expect(codesIn(answers)).toEqual({ 200: 64, 429: 6 })
  expect(answers.find(({ status }) => status === 429)?.json).toMatchObject({ code: 'limit/waiting' })
  expect((await call(controller.url, admin, 'GET', '/v1/events?after=999999&waitMs=1')).status).toBe(200)
})

it('an identity has a limited number of connections', async () => {
  const sockets = await Promise.all(Array.from({ length: 40 }, () => openTls(attacker, '127.0.0.3')))
  for (const socket of sockets) socket.resume()
  await waitFor(
    'the surplus to be closed',
    () => sockets.filter(({ readyState }) => readyState !== 'open').length === 8,
  )
  await areServed()
  expect(linesOn('has more than 32 connections')).toHaveLength(1)
})

it('a client that leaves during its request is no bug of the controller', async () => {
  const before = logged.length
  const { ca } = installer
  for (const end of [(socket: Socket) => socket.destroy(), (socket: Socket) => socket.end()]) {
    const socket = connect({ host: '127.0.0.1', port: controller.port, ca })
    socket.on('error', () => undefined).resume()
    await once(socket, 'secureConnect')
    socket.write('POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{')
    await sleep(100)
    end(socket)
    await sleep(200)
  }
  expect(logged.slice(before)).toEqual([])
})

it('a client without authentication that expects something has one answer a connection', async () => {
  const { status, headers } = await call(controller.url, { ca: installer.ca }, 'GET', '/docs', undefined, {
    ...{ connection: 'keep-alive', expect: 'nothing' },
  })
  expect([status, headers.connection]).toEqual([417, 'close'])
})

it('a token with too many connections is refused before its request does anything', async () => {
  const grants = [{ role: 'operator', project: null }]
  const { json } = await call(controller.url, adminOf(controller), 'POST', '/v1/tokens', { name: 'many', grants })
  const agents: Agent[] = []
  const ask = (method: string, path: string, body?: unknown) => {
    const agent = new Agent({ keepAlive: true, localAddress: '127.0.0.4' })
    agents.push(agent)
    const { ca } = installer
    return call(controller.url, { ca, agent } as never, method, path, body, { authorization: `Bearer ${json.secret}` })
  }
  for (let each = 0; each < 256; each++) expect((await ask('GET', '/v1/ping')).status).toBe(200)
  const order = { name: 'ghost', settings: {}, csr: buildCsr(createKeyPair().privateKey, 'x') }
  const refused = await ask('POST', '/v1/clusters', order)
  expect([refused.status, refused.json.code, refused.headers.connection]).toEqual([429, 'limit/connections', 'close'])
  for (const agent of agents) agent.destroy()
  expect((await call(controller.url, adminOf(controller), 'GET', '/v1/clusters/ghost')).status).toBe(404)
})

it.each([
  ['malformed paths', '/v1/%zz'],
  ['tokens in URLs', `/v1/ping?cantrip_${'a'.repeat(43)}`],
  ['unknown paths', '/nothing'],
])('a client without authentication has a connection for each request with %s', async (_, path) => {
  const { headers, status } = await call(controller.url, { ca: installer.ca }, 'GET', path, undefined, {
    connection: 'keep-alive',
  })
  expect(status).toBeLessThan(500)
  expect(headers.connection).toBe('close')
})

it.each([
  ['requests', () => '/v1/ping', 200],
  ['requests for unknown bundles', () => `/v1/bundles/${'0'.repeat(64)}/bin/kubelet`, 404],
])('an identity has a limited number of %s per second', async (_, path, admitted) => {
  const many = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = await openTls(attacker)
      let received = ''
      socket.on('data', (data) => {
        received += data.toString('latin1')
      })
      for (let asked = 1; asked <= 40 && !socket.destroyed; asked++) {
        socket.write(get(path()))
        await waitFor('an answer', () => (received.match(/HTTP\/1\.1/g)?.length ?? 0) >= asked || socket.destroyed)
      }
      return received
    }),
  )
  await areServed()
  const all = many.join('')
  // Each connection ends with its first refusal; the last ones may find the share filled again.
  const refused = all.match(/HTTP\/1\.1 429/g)?.length
  expect(refused).toBeGreaterThan(0)
  expect(refused).toBeLessThanOrEqual(20)
  expect(all.match(/connection: close/gi)).toHaveLength(refused ?? 0)
  expect(all.match(/limit\/requests/g)).toHaveLength(refused ?? 0)
  expect(all.match(new RegExp(`HTTP/1\\.1 ${admitted}`, 'g'))?.length).toBeGreaterThan(0)
  await sleep(1_000)
  expect((await call(controller.url, attacker, 'GET', '/v1/ping')).status).toBe(200)
})

it('large facts that change do not overtake the limits of their node', async () => {
  const agent = await connectAgent(controller, attacker)
  const disks = Array.from({ length: 250 }, (_, at) => ({
    ...{ device: `/dev/${at}`, sizeBytes: 1, model: 'x'.repeat(255), rotational: false, usableForStorage: false },
    reason: 'x'.repeat(255),
  }))
  for (let at = 1; at <= 60; at++) agent.send('facts', { ...facts, hostname: `h${at}`, disks })
  const stored = async () => Number((await showNode(controller, attacker.id)).facts?.hostname.slice(1))
  await waitFor('the first facts', async () => (await stored()) > 0)
  await areServed()
  // Eight at once, then two a second.
  expect(await stored()).toBeLessThan(40)
  expect(agent.socket.readyState).toBe(agent.socket.OPEN)
  agent.socket.terminate()
  await agent.closed
})

it('reports are limited in bytes', async () => {
  const agent = await startCluster(controller, healthy, 'demo')
  const { privateKey } = createKeyPair()
  const csr = buildCsr(privateKey, 'operator')
  const { json } = await call(controller.url, healthy, 'POST', '/v1/operator/certificate', { csr })
  const operator = { ca: healthy.ca, cert: json.certificate, key: keyToPem(privateKey) }
  const pod = {
    namespace: 'x'.repeat(200),
    name: 'y'.repeat(200),
    node: 'z',
    ready: true,
    phase: 'Running',
    restarts: 0,
  }
  const body = JSON.stringify({ kubernetesVersion: 'v1', nodes: [], pods: Array(10_000).fill(pod), dns: true })
  const send = () => call(controller.url, operator, 'POST', '/v1/operator/report', body)
  const answers = []
  for (let each = 0; each < 6; each++) answers.push(await send())
  expect(answers[0]?.status).toBe(200)
  expect(answers.at(-1)?.status).toBe(429)
  expect(answers.at(-1)?.json).toMatchObject({ code: 'limit/bytes' })
  await areServed()
  agent.socket.terminate()
  await agent.closed
})

it('pages of events are limited in bytes, and complete', async () => {
  const seen: LogEntry[] = []
  let last = 0
  for (;;) {
    const answer = await call(controller.url, adminOf(controller), 'GET', `/v1/events?cluster=noisy&after=${last}`)
    if (answer.json.events.length === 0) break
    expect(answer.text.length).toBeLessThan(1.1 * 1024 * 1024)
    seen.push(...answer.json.events)
    last = answer.json.last
  }
  expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: EVENTS }, (_, at) => at + 1))
})

it.each(['ping', 'pong'] as const)('%s frames without end are not read', async (kind) => {
  const agent = await connectAgent(controller, attacker)
  const other = await connectAgent(controller, healthy)
  const payload = Buffer.alloc(125)
  let sent = 0
  const flooding = (async () => {
    while (sent < LARGE && agent.socket.readyState === agent.socket.OPEN) {
      for (let count = 0; count < 99; count++) agent.socket[kind](payload)
      await new Promise((resolve) => agent.socket[kind](payload, true, resolve))
      sent += 100 * payload.length
    }
  })()
  await Promise.race([flooding, sleep(8_000)])
  expect(sent).toBeLessThan(LARGE / 2)
  await areServed()
  other.socket.ping()
  await once(other.socket, 'pong', { signal: AbortSignal.timeout(10_000) })
  for (const { socket, closed } of [agent, other]) {
    socket.terminate()
    await closed
  }
})

it('one address cannot take all handshakes', async () => {
  const idle = Array.from({ length: 600 }, () => {
    const socket = connectTcp({ host: '127.0.0.1', port: controller.port, localAddress: '127.0.0.2' })
    socket.on('error', () => undefined).resume()
    open.push(socket)
    return socket
  })
  const cut = () => idle.filter(({ readyState }) => readyState === 'closed').length
  await waitFor('the surplus to be cut', () => cut() >= 100)
  await areServed()
  expect(linesOn('connections from 127.0.0.2')).toHaveLength(1)
  await waitFor('those that do not begin TLS to be cut', () => cut() === 600)
})
