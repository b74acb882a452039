/** The life of a node's certificates: which are admitted, and what ends with them. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, fingerprint, keyToPem } from '../../src/pki/key.ts'
import { connectAgent, ScriptedAgent } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import {
  adminOf,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
  type Installer,
  showNode,
} from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

let dataDirectory: string
let controller: Controller
let installer: Installer
let node: EnrolledNode
let aheadMs: number
let logged: string[]
const DAY_MS = 86_400_000
const BUNDLE_BYTES = 64 * 1024 * 1024

const start = async () => {
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    now: () => new Date(Date.now() + aheadMs),
    heartbeatMs: () => 1_000,
    tickMs: 600_000,
    log: (line) => void logged.push(line),
  })
}
beforeEach(async () => {
  aheadMs = 0
  logged = []
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  await start()
  installer = await createCluster(controller, 'demo')
  node = await enrolNode(controller, installer, 'one')
})
afterEach(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

const ask = (by: EnrolledNode, method: string, path: string, body?: unknown) =>
  call(controller.url, by, method, path, body)
const alarms = async () => (await showNode(controller, node.id)).warnings.map(({ id, found }) => `${id}: ${found}`)

async function renewed(by: EnrolledNode): Promise<EnrolledNode> {
  const { privateKey, publicKey } = createKeyPair()
  const { json } = await ask(by, 'POST', '/v1/node/certificate', { csr: buildCsr(privateKey, 'x') })
  return { ...by, cert: json.certificate, key: keyToPem(privateKey), fingerprint: fingerprint(publicKey) }
}

async function refusedUpgrade(as: EnrolledNode): Promise<number | undefined> {
  const { socket } = new ScriptedAgent(controller, as)
  const [, response] = await once(socket, 'unexpected-response')
  socket.terminate()
  return response.statusCode
}

test('a key is retired when the node connects with the next one: it opens nothing, and its use is reported', async () => {
  const next = await renewed(node)
  const agent = await connectAgent(controller, next)
  const csr = buildCsr(createKeyPair().privateKey, 'x')
  const answers = [
    await ask(node, 'GET', '/v1/ping'),
    await ask(node, 'POST', '/v1/node/certificate', { csr }),
    await ask(node, 'POST', '/v1/operator/certificate', { csr }),
    await ask(node, 'POST', '/v1/node/leave', { stays: 'nothing' }),
    await ask(node, 'GET', `/v1/bundles/${'0'.repeat(64)}/kubelet`),
  ]
  expect(answers.map(({ status, json }) => `${status} ${json.code}`)).toEqual(Array(5).fill('403 identity/retired'))
  expect(await refusedUpgrade(node)).toBe(403)
  const found = `a retired key of this node was used from 127.0.0.1, and refused: ${node.fingerprint}`
  expect(await alarms()).toEqual([expect.stringContaining(`identity: ${found}`)])
  expect(logged.filter((line) => line.includes(found))).toHaveLength(1)
  const { events } = (await call(controller.url, adminOf(controller), 'GET', `/v1/events?node=${node.id}`)).json
  expect(events.filter(({ event }: { event: { message?: string } }) => event.message?.includes(found))).toHaveLength(1)
  expect((await ask(next, 'GET', '/v1/ping')).status).toBe(200)
  expect(agent.socket.readyState).toBe(agent.socket.OPEN)
})

test('a session with the key that is retired ends at once, and the alarm outlives a restart, not a day', async () => {
  const older = await connectAgent(controller, node)
  const next = await renewed(node)
  const agent = await connectAgent(controller, next)
  expect(await older.closed).toBe(4409)
  expect(logged.join('\n')).toMatch(`node ${node.id}: a session from 127.0.0.1 replaces the one from 127.0.0.1`)
  expect((await ask(node, 'GET', '/v1/ping')).json.code).toBe('identity/retired')
  agent.socket.terminate()
  await controller.close()
  await start()
  expect(await alarms()).toHaveLength(1)
  aheadMs = DAY_MS
  expect(await alarms()).toEqual([])
})

test('a next key that was replaced by another one before the node used it opens nothing', async () => {
  const lost = await renewed(node)
  const kept = await renewed(node)
  expect((await ask(lost, 'GET', '/v1/ping')).json.code).toBe('identity/retired')
  expect((await ask(kept, 'GET', '/v1/ping')).status).toBe(200)
  expect((await ask(node, 'GET', '/v1/ping')).status).toBe(200)
})

test('a session ends when its certificate expires', async () => {
  aheadMs = 29 * DAY_MS
  const agent = await connectAgent(controller, node)
  await sleep(2_500)
  expect(agent.socket.readyState).toBe(agent.socket.OPEN)
  // Otherwise the jump of the clock would look like a silence.
  const contact = setInterval(() => agent.socket.ping(), 20)
  aheadMs = 31 * DAY_MS
  expect(await agent.closed).toBe(4411)
  clearInterval(contact)
  expect(await refusedUpgrade(node)).toBe(403)
})

test('a download ends when the node is removed', async () => {
  const { manifestSha256 } = await importSmallBundle(dataDirectory, Buffer.alloc(BUNDLE_BYTES))
  const { hostname, port } = new URL(controller.url)
  const path = `/v1/bundles/${manifestSha256}/bin/kubelet`
  const { cert, key, ca } = node
  const out = request({ hostname, port, path, cert, key, ca, agent: false }).end()
  const [response] = await once(out, 'response')
  expect(response.statusCode).toBe(200)
  let received = 0
  response.on('data', (chunk: Buffer) => {
    received += chunk.length
  })
  response.pause()
  await call(controller.url, adminOf(controller), 'DELETE', `/v1/nodes/${node.id}`)
  const ended = once(response, 'error')
  await sleep(3_000)
  response.resume()
  await ended
  expect(received).toBeLessThan(BUNDLE_BYTES)
})

test('refused handshakes are logged again soon after a burst', async () => {
  const { port } = new URL(controller.url)
  const { privateKey, publicKey } = createKeyPair()
  const from = new Date(Date.now() - DAY_MS)
  const foreign = createCa({ commonName: 'cantrip controller CA', days: 10, now: from })
  const order = { publicKey, commonName: node.id, organization: 'cantrip:node', notBefore: from, days: 9 }
  const cert = issueCertificate({ ...order, ca: foreign, usages: ['clientAuth'] })
  const shake = () =>
    new Promise<void>((resolve) => {
      const own = { cert, key: keyToPem(privateKey), ca: installer.ca }
      const socket = connect({ host: '127.0.0.1', port: Number(port), ...own })
      socket.on('error', () => undefined).on('close', () => resolve())
      socket.on('data', () => undefined)
    })
  const lines = () => logged.filter((line) => line.startsWith('handshake with 127.0.0.1 refused'))
  for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 20 }, shake))
  await waitFor('the burst', () => lines().length >= 20 || undefined)
  const before = lines().length
  expect(before).toBeLessThan(200)
  aheadMs += 2_000
  await shake()
  await waitFor('another line', () => lines().length > before || undefined)
  const untold = lines().map((line) => Number(/; (\d+) others since the last of these lines$/.exec(line)?.[1] ?? 0))
  expect(lines().length + untold.reduce((sum, each) => sum + each, 0)).toBe(201)
})

test('a certificate of another CA opens nothing, also when its TLS session is resumed', async () => {
  const { port } = new URL(controller.url)
  const { privateKey, publicKey } = createKeyPair()
  const from = new Date(Date.now() - DAY_MS)
  const foreign = createCa({ commonName: 'cantrip controller CA', days: 10, now: from })
  const order = { publicKey, commonName: node.id, organization: 'cantrip:node', notBefore: from, days: 9 }
  const cert = issueCertificate({ ...order, ca: foreign, usages: ['clientAuth'] })
  const own = { cert, key: keyToPem(privateKey), ca: installer.ca }
  /** What the controller answers, and the tickets that it gives. */
  const exchange = (session?: Buffer) =>
    new Promise<{ text: string; tickets: Buffer[] }>((resolve) => {
      const got = { text: '', tickets: [] as Buffer[] }
      const socket = connect({ host: '127.0.0.1', port: Number(port), ...own, ...(session && { session }) }, () =>
        socket.write('GET /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n'),
      )
      socket.on('session', (ticket) => got.tickets.push(ticket))
      socket.on('data', (data) => {
        got.text += data
      })
      socket.on('error', () => undefined).on('close', () => resolve(got))
    })
  const first = await exchange()
  expect(first.text).toBe('')
  for (const ticket of first.tickets) expect((await exchange(ticket)).text).toBe('')
})
