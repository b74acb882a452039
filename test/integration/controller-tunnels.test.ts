/** Tunnels for clients behind proxies that end TLS; without a proxy, which passes everything on. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Controller, startController } from '../../src/controller/start.ts'
import { deadline } from '../../src/host/linux/network/connect.ts'
import { openSecure } from '../../src/host/linux/network/secure.ts'
import type { AuditEntry } from '../../src/protocol/audit/entry.ts'
import { TUNNEL_PATH } from '../../src/protocol/version.ts'
import {
  adminOf,
  type Credentials,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
} from '../support/controller/client.ts'
import { serverCertificate } from '../support/images/server-certificate.ts'
import { waitFor } from '../support/wait-for.ts'

let directory: string
let controller: Controller
let node: EnrolledNode
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tunnels-'))
  controller = await startController({
    dataDirectory: directory,
    listen: { host: '127.0.0.1', port: 0 },
    tickMs: 600_000,
  })
  node = await enrolNode(controller, await createCluster(controller, 'demo'), 'one')
})
afterAll(async () => {
  await controller.close()
  rmSync(directory, { recursive: true })
})

type Shown = Pick<Credentials, 'ca'> & Partial<Credentials>
const inTunnel = (shown: Shown) =>
  openSecure({ host: '127.0.0.1', port: controller.port }, shown, { inspects: true }, deadline(10_000))
const own = (): Credentials => ({ ca: node.ca, cert: node.cert, key: node.key })
const ask = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`

/** The status of a request in a tunnel; undefined if there was no answer. */
async function statusInTunnel(shown: Shown, path: string): Promise<string | undefined> {
  const socket = await inTunnel(shown).catch(() => undefined)
  socket?.on('error', () => undefined).write(ask(path))
  const answer = socket && (await text(socket).catch(() => ''))
  return answer?.match(/^HTTP\/1.1 (\d+)/)?.[1]
}

async function refusals(code: string): Promise<AuditEntry[]> {
  const { json } = await call(controller.url, adminOf(controller), 'GET', '/v1/audit?refused=1')
  return json.entries.filter((each: AuditEntry) => each.code === code)
}

/** The status of the answer to a websocket; 101: it was opened. */
const statusOf = (webSocket: WebSocket) =>
  new Promise<number | undefined>((resolve) => {
    webSocket.once('open', () => resolve(101))
    webSocket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode))
  })

const url = () => `wss://127.0.0.1:${controller.port}${TUNNEL_PATH}`

test('there is no tunnel inside a tunnel', async () => {
  const inner = await inTunnel(own())
  expect(await statusOf(new WebSocket(url(), { createConnection: () => inner }))).toBe(404)
})

test.each([
  ['a program', {}, 101],
  ['a page of the controller, as of any site', { origin: 'https://127.0.0.1' }, 403],
])('a tunnel for %s', async (_, options, status) => {
  const webSocket = new WebSocket(url(), { ca: node.ca, ...options })
  expect(await statusOf(webSocket)).toBe(status)
  webSocket.on('error', () => undefined).terminate()
})

test('a certificate of another controller is recorded with the address of the tunnel', async () => {
  const { certificate: cert, key } = serverCertificate('other')
  expect(await statusInTunnel({ ca: node.ca, cert, key }, '/v1/ping')).toBeUndefined()
  const [entry] = await waitFor('an entry', async () => {
    const found = (await refusals('tls/unable_to_verify_leaf_signature')) ?? []
    return found.length > 0 ? found : undefined
  })
  expect(entry).toMatchObject({ action: 'handshake', address: '127.0.0.1' })
})
