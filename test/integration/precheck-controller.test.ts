import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { check as controllerCheck } from '../../src/checks/controller/check.ts'
import { check as timeSkew } from '../../src/checks/time-skew/check.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import type { CheckParams } from '../../src/engine/check.ts'
import { linuxHostView } from '../../src/host/linux/host-view.ts'
import { createCa } from '../../src/pki/certificate.ts'
import { createCluster, type Installer } from '../support/controller/client.ts'

let dataDirectory: string
let controller: Controller
let installer: Installer
/** How far the controller's clock is ahead of the machine's. */
let aheadMs: number

beforeEach(async () => {
  aheadMs = 0
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  const now = () => new Date(Date.now() + aheadMs)
  controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, now })
  installer = await createCluster(controller, 'demo')
})
afterEach(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

const host = linuxHostView()
const paramsFor = (more: Partial<NonNullable<CheckParams['controller']>> = {}): CheckParams => {
  const { ca, cert, key } = installer
  return { roles: [], ownStateDirectory: '/nowhere', controller: { urls: [controller.url], ca, cert, key, ...more } }
}

test('a real controller is reached by TLS, HTTP and websocket upgrade', async () => {
  expect(await controllerCheck.look(host, paramsFor())).toEqual({ kind: 'pass', found: `${controller.url} answers` })
})

test.each([
  ['another CA', () => ({ ca: createCa({ commonName: 'x', days: 1, now: new Date() }).certificate }), 'TLS failed'],
  ['a closed port', () => ({ urls: ['https://127.0.0.1:1'] }), 'TCP connection failed'],
  ['a name that is none', () => ({ urls: ['https://controller.invalid:8443'] }), 'name resolution failed'],
])('%s: the stage is named', async (_, more, found) => {
  const verdict = await controllerCheck.look(host, paramsFor(more()))
  expect(verdict).toMatchObject({ kind: 'fail', found: expect.stringContaining(found) })
})

test('a proxy that refuses is named as the proxy', async () => {
  const proxy = await refusingProxy()
  const { port } = proxy.address() as { port: number }
  const verdict = await controllerCheck.look(host, paramsFor({ proxy: `http://me:hunter2@127.0.0.1:${port}` }))
  proxy.close()
  expect(verdict).toMatchObject({ kind: 'fail', found: expect.stringMatching(/proxy failed: .*407/) })
  expect(JSON.stringify(verdict)).not.toContain('hunter2')
})

function refusingProxy(): Promise<Server> {
  const server = createServer((socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

test.each([
  [0, 'pass'],
  [2_000, 'warn'],
  [-10_000, 'fail'],
])('a controller whose clock is %i ms ahead: %s', async (ms, kind) => {
  aheadMs = ms
  expect(await timeSkew.look(host, paramsFor())).toMatchObject({ kind })
})
