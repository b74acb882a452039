import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dial } from '../../src/agent/link/dial.ts'
import { check as controllerCheck } from '../../src/checks/controller/check.ts'
import { check as hostnameCheck } from '../../src/checks/hostname/check.ts'
import { check as proxyCheck } from '../../src/checks/proxy/check.ts'
import { check as timeSkew } from '../../src/checks/time-skew/check.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import type { CheckParams } from '../../src/engine/checks/check.ts'
import { linuxHostView } from '../../src/host/linux/host-view.ts'
import { createCa } from '../../src/pki/certificate.ts'
import { openTlsSite } from '../contract/tls-site.ts'
import { connectAgent } from '../support/controller/agent.ts'
import { adminOf, call, createCluster, enrolNode, type Installer } from '../support/controller/client.ts'

let dataDirectory: string
let controller: Controller
let installer: Installer
/** How far the controller's clock is ahead of the machine's, in milliseconds. */
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

test('reaches a real controller by TLS, HTTP and websocket upgrade', async () => {
  expect(await controllerCheck.look(host, paramsFor())).toEqual({ kind: 'pass', found: `${controller.url} answers` })
})

test.each([
  ['another CA', () => ({ ca: createCa({ commonName: 'x', days: 1, now: new Date() }).certificate }), 'TLS failed'],
  ['a closed port', () => ({ urls: ['https://127.0.0.1:1'] }), 'TCP connection failed'],
  ['an invalid name', () => ({ urls: ['https://controller.invalid:8443'] }), 'name resolution failed'],
])('%s: the report names the stage', async (_, more, found) => {
  const verdict = await controllerCheck.look(host, paramsFor(more()))
  expect(verdict).toMatchObject({ kind: 'fail', found: expect.stringContaining(found) })
})

test('credentials of a deleted cluster are reported as refused, not as an unreachable controller', async () => {
  await call(controller.url, adminOf(controller), 'DELETE', '/v1/clusters/demo')
  const verdict = await controllerCheck.look(host, paramsFor())
  const found = expect.stringContaining('status 403 instead of 200 (the cluster of this certificate was deleted)')
  expect(verdict).toMatchObject({ kind: 'fail', found, isRefusal: true })
})

test('another CA behind a proxy that inspects TLS: the report names the certificate', async () => {
  const inspector = await openTlsSite((_request, response) => void response.end())
  const proxy = await openProxy((socket) => tunnel(socket, inspector.port))
  const verdict = await controllerCheck.look(host, paramsFor({ proxy: { url: proxy.url } }))
  await Promise.all([proxy.close(), inspector.close()])
  const found = expect.stringMatching(
    /TLS failed: .*another CA \(the peer presented a certificate for "server", issued by "test"\)$/,
  )
  expect(verdict).toMatchObject({ kind: 'fail', found })
})

test.each<[string, (socket: Socket) => unknown, RegExp]>([
  ['403', (socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'), /proxy failed: .*does not allow .* \(403\)/],
  ['407', (socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'), /proxy failed: .*user name and password \(407\)/],
  ['silence', () => undefined, /proxy failed: .*did not answer CONNECT within 8000 ms/],
])('a proxy that answers with %s is reported without its password', async (_, answer, found) => {
  const proxy = await openProxy(answer)
  const verdict = await controllerCheck.look(
    host,
    paramsFor({ proxy: { url: proxy.url.replace('//', '//me:hunter2@') } }),
  )
  await proxy.close()
  expect(verdict).toMatchObject({ kind: 'fail', found: expect.stringMatching(found) })
  expect(JSON.stringify(verdict)).not.toContain('hunter2')
})

test('a working proxy is used', async () => {
  const proxy = await openProxy((socket) => tunnel(socket, controller.port))
  const params = paramsFor({ proxy: { url: proxy.url } })
  expect(await controllerCheck.look(host, params)).toMatchObject({ kind: 'pass' })
  expect(await proxyCheck.look(host, params)).toEqual({ kind: 'pass', found: new URL(proxy.url).host })
  await proxy.close()
  expect(await proxyCheck.look(host, params)).toMatchObject({ kind: 'warn' })
})

test('no other machine can use the name of a connected node', async () => {
  await connectAgent(controller, await enrolNode(controller, installer, 'node-7'))
  const named = (hostname: string) => hostnameCheck.look(host, { ...paramsFor(), hostname })
  await expect.poll(() => named('node-7')).toMatchObject({ kind: 'fail', found: expect.stringContaining('node-7 (n-') })
  expect(await named('node-8')).toMatchObject({ kind: 'pass' })
})

/** A proxy with this answer to CONNECT. Other requests get the usual answers of proxies. */
async function openProxy(answer: (socket: Socket) => unknown): Promise<{ url: string; close(): Promise<void> }> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => socket.destroy())
    const isForProxy = (data: Buffer) => data.toString('latin1').startsWith('CONNECT ')
    socket.once('data', (data) => (isForProxy(data) ? answer(socket) : socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}

function tunnel(socket: Socket, port: number): void {
  const up = connect(port, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    up.pipe(socket).pipe(up)
  })
  up.on('error', () => socket.destroy())
  socket.on('close', () => up.destroy())
}

test.each([
  [0, 'pass'],
  [2_000, 'warn'],
  [-10_000, 'fail'],
])('a controller whose clock is %i ms ahead: %s', async (ms, kind) => {
  aheadMs = ms
  expect(await timeSkew.look(host, paramsFor())).toMatchObject({ kind })
})

test('a controller clock before the start of its certificates is reported as a clock problem, not as a connection reset', async () => {
  aheadMs = 3_600_000
  installer = await createCluster(controller, 'later')
  const verdict = await controllerCheck.look(host, paramsFor())
  expect(verdict).toMatchObject({
    kind: 'fail',
    found: expect.stringMatching(
      /TLS failed: \S+ closed the connection right after the TLS handshake, probably because its clock is wrong: the client certificate is valid from \S+Z to \S+Z, and the clock of this machine is at \S+Z/,
    ),
    fix: expect.stringMatching(/^compare the clocks of this machine and of the controller: timedatectl/),
  })
  const { ca, cert, key } = installer
  const dialled = dial({
    url: controller.url,
    path: '/v1/agent',
    tls: { ca, cert, key },
    timeoutMs: 5_000,
    maxMessageBytes: 1_000,
  })
  await expect(dialled).rejects.toMatchObject({
    stage: 'tls',
    message: expect.stringContaining('probably because its clock is wrong'),
  })
})
