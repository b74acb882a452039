import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { openapi } from '../../src/controller/api/openapi.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { CERTIFICATE_KINDS } from '../../src/protocol/api/access.ts'
import type { Route } from '../../src/protocol/api/route.ts'
import { ROUTES } from '../../src/protocol/api/routes.ts'
import { connectAgent } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import {
  type Answer,
  adminOf,
  type Credentials,
  call,
  createCluster,
  enrolNode,
  type Installer,
} from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

const routes: [string, Route][] = Object.entries(ROUTES)
const requested = routes.filter(([, { answer }]) => answer !== 'websocket')

let dataDirectory: string
let controller: Controller
let isClockValid = true
const logged: string[] = []
/** Credentials by the kind of certificate. */
let known: Record<string, Credentials>
/** Credentials of a removed node and a deleted cluster, by the kind of certificate. */
let gone: Record<string, Credentials>

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    now: () => (isClockValid ? new Date() : Object.assign(new Date(), { toISOString: () => 'soon' })),
    log: (line) => logged.push(line),
    tickMs: 600_000,
  })
  const admin = adminOf(controller)
  const installer = await createCluster(controller, 'demo')
  const node = await enrolNode(controller, installer, 'one')
  const removed = await enrolNode(controller, installer, 'two')
  const old = await createCluster(controller, 'old')
  await importSmallBundle(dataDirectory, Buffer.from('kubelet'))
  const operator = await operatorOf(await founderOf(installer, 'three'))
  const oldOperator = await operatorOf(await founderOf(old, 'four'))
  await call(controller.url, admin, 'DELETE', `/v1/nodes/${removed.id}?force=1`)
  await call(controller.url, admin, 'DELETE', '/v1/clusters/old?force=1')
  known = { enrol: installer, node, operator, admin }
  gone = { enrol: old, node: removed, operator: oldOperator }
})
afterAll(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

/** A node that starts its cluster. */
async function founderOf(installer: Installer, name: string): Promise<Credentials> {
  const node = await enrolNode(controller, installer, name)
  await connectAgent(controller, node)
  const ask = (path: string, body?: unknown) => call(controller.url, adminOf(controller), 'POST', path, body)
  const configured = async () =>
    (await ask(`/v1/nodes/${node.id}/configure`, { roles: ['master'] })).status === 200 || undefined
  await waitFor('the facts', configured, { everyMs: 20 })
  const { status, text } = await ask(`/v1/clusters/${installer.cluster.name}/provision`)
  if (status !== 200) throw new Error(text)
  return node
}

async function operatorOf(node: Credentials): Promise<Credentials> {
  const { privateKey } = createKeyPair()
  const csr = buildCsr(privateKey, 'operator')
  const { json } = await call(controller.url, node, 'POST', '/v1/operator/certificate', { csr })
  return { ca: node.ca, cert: json.certificate, key: keyToPem(privateKey) }
}

const VALUES: Record<string, string> = {
  fingerprint: `SHA256:${'A'.repeat(43)}`,
  sha256: '0'.repeat(64),
  path: 'manifest.json',
}

function send(credentials: Credentials, { method, path, body }: Route): Promise<Answer> {
  const filled = path.replaceAll(/\{\+?(\w+)\}/g, (_, name: string) => VALUES[name] ?? 'nothing')
  // An invalid body: an admitted client gets an error, and nothing is changed.
  return call(controller.url, credentials, method, filled, body && { none: 1 })
}

describe.each(requested)('%s', (_, route) => {
  it.each(CERTIFICATE_KINDS)('admits %s only if it is declared', async (role) => {
    const { status, json } = await send(known[role] as Credentials, route)
    if (!route.access.includes(role)) expect([status, json.code]).toEqual([403, 'identity/wrong-role'])
    else expect([200, 202, 400, 404]).toContain(status)
  })

  it.each(['enrol', 'node', 'operator'])('refuses a removed %s', async (role) => {
    const { status, json } = await send(gone[role] as Credentials, route)
    const own = role === 'node' ? 'node/removed' : 'cluster/gone'
    const isDeclared = route.access.some((each) => each === role)
    expect([status, json.code]).toEqual([403, isDeclared ? own : 'identity/wrong-role'])
  })

  it('refuses a client without a certificate', async () => {
    const anonymous = { ca: known.admin?.ca } as Credentials
    await expect(send(anonymous, route)).rejects.toThrow(/certificate required|ECONNRESET/i)
  })
})

test.each(CERTIFICATE_KINDS)('only nodes can open the session of an agent: %s', async (role) => {
  const head = await upgrade(known[role] as Credentials, ROUTES.connect.path)
  expect(head).toContain(role === 'node' ? 'HTTP/1.1 101' : 'HTTP/1.1 403')
})

function upgrade({ ca, cert, key }: Credentials, path: string): Promise<string> {
  const { port } = new URL(controller.url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca, cert, key }, () =>
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Protocol: cantrip.v1\r\n\r\n`,
      ),
    )
    socket.once('data', (data) => {
      resolve(data.toString('latin1'))
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

test('an answer that violates its schema is logged, and the client gets 500', async () => {
  isClockValid = false
  const { status, json } = await call(controller.url, known.admin as Credentials, 'GET', '/v1/ping')
  isClockValid = true
  expect([status, json.code]).toEqual([500, 'bug'])
  expect(logged.join('\n')).toMatch(/GET \/v1\/ping: .*"now"/s)
})

test('pipelined requests are answered in their order', async () => {
  const { ca, cert, key } = known.admin as Credentials
  const { port } = new URL(controller.url)
  const ask = (path: string, last: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n${last}\r\n`
  const text = await new Promise<string>((resolve, reject) => {
    let received = ''
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca, cert, key }, () =>
      socket.write(ask('/v1/ping', '') + ask('/v1/nothing', '') + ask('/v1/clusters', 'Connection: close\r\n')),
    )
    socket.on('data', (data) => {
      received += data
    })
    socket.on('close', () => resolve(received))
    socket.on('error', reject)
  })
  expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '404', '200'])
})

test('the certificate of the server is issued by the CA that clients get', () => {
  const ca = new X509Certificate(known.admin?.ca ?? '')
  expect(new X509Certificate(readFileSync(join(dataDirectory, 'pki/ca.crt'))).fingerprint256).toBe(ca.fingerprint256)
})

describe('the OpenAPI document', () => {
  const document = openapi('1.2.3') as {
    openapi: string
    paths: Record<string, Record<string, { operationId: string; 'x-access': string[]; responses: object }>>
    components: { schemas: Record<string, object> }
  }

  it('has every route once, with its access', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(ROUTES).sort())
    for (const { operationId, 'x-access': access } of operations) {
      expect(access).toEqual(ROUTES[operationId as keyof typeof ROUTES].access)
    }
  })

  it('has no dangling references', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to ?? '')
    expect(references.length).toBeGreaterThan(10)
    for (const reference of references) {
      expect(document.components.schemas).toHaveProperty([reference.replace('#/components/schemas/', '')])
    }
  })

  it('groups the errors of a route by their status', () => {
    expect(document.paths['/v1/nodes/{id}']?.delete?.responses).toMatchObject({
      403: { description: expect.stringContaining('node/in-use') },
      404: { description: expect.stringContaining('node/unknown') },
    })
  })
})
