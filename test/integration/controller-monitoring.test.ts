import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { connectAgent, facts } from '../support/controller/agent.ts'
import { adminOf, type Credentials, call, createCluster, enrolNode } from '../support/controller/client.ts'
import { serveController } from '../support/controller/process.ts'
import { cacheDirectory } from '../support/testbed/bed.ts'
import { waitFor } from '../support/wait-for.ts'

const PROMLINT = join(import.meta.dirname, '../support/promlint')

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address ? address.port : 0
}

function serve(...argv: string[]) {
  const data = mkdtempSync(join(tmpdir(), 'monitoring-'))
  onTestFinished(() => rmSync(data, { recursive: true }))
  return serveIn(data, ...argv)
}

async function serveIn(data: string, ...argv: string[]) {
  const port = await freePort()
  const controller = await serveController(data, ['--metrics-listen', `127.0.0.1:${port}`, ...argv])
  onTestFinished(async () => void (await controller.end('SIGKILL')))
  return { ...controller, data, get: (path: string) => get(port, path) }
}

function get(port: number, path: string, method = 'GET'): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const out = request({ host: '127.0.0.1', port, path, method, agent: false }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    out.on('error', reject)
    out.end()
  })
}

/** The values of one metric, by its labels as they are written. */
function valuesOf(text: string, name: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return Object.fromEntries(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  )
}

/** The checks of promtool, with its library. */
function lint(text: string): string {
  const program = join(cacheDirectory(), 'promlint')
  if (!existsSync(program)) execFileSync('go', ['build', '-o', program, '.'], { cwd: PROMLINT })
  return execFileSync(program, { input: text, encoding: 'utf8' })
}

const leaf = (name: string, days: number) => ({
  ...{ name, owner: 'kubernetes' as const, renewedBy: 'agent' as const, notBefore: '2026-01-01T00:00:00.000Z' },
  notAfter: new Date(Date.now() + days * 86_400_000).toISOString(),
})

test('metrics tell what happens, without names of nodes, in a format that promtool accepts', {
  timeout: 120_000,
}, async () => {
  const controller = await serve()
  const admin = adminOf(controller)
  const installer = await createCluster(controller, 'demo')
  const node = await enrolNode(controller, installer, 'node-with-a-name')
  const agent = await connectAgent(controller, node, 0, {
    ...facts,
    certificates: [leaf('apiserver', 9), leaf('admin.conf', 8)],
  })
  await call(controller.url, admin, 'GET', '/v1/nodes')
  await call(controller.url, admin, 'GET', '/v1/clusters/demo')
  await call(controller.url, admin, 'GET', '/v1/clusters/absent')
  await call(controller.url, admin, 'GET', '/v1/no-such-path')
  await call(controller.url, node, 'GET', '/v1/nodes')
  const connected = async () => {
    const { text } = await controller.get('/metrics')
    return valuesOf(text, 'cantrip_nodes')['{state="APPROVED",connected="true"}'] === 1 ? text : undefined
  }
  const text = await waitFor('the connected node', connected)
  expect(lint(text)).toBe('')
  expect(text).not.toMatch(/node-with-a-name|demo/)
  expect(valuesOf(text, 'cantrip_clusters')).toEqual({ '{state="NEW"}': 1 })
  const count = valuesOf(text, 'cantrip_request_duration_seconds_count')
  expect(count['{method="GET",route="/v1/clusters/:name",status="2xx"}']).toBe(1)
  expect(count['{method="GET",route="/v1/clusters/:name",status="4xx"}']).toBe(1)
  expect(count['{method="any",route="unknown",status="4xx"}']).toBe(1)
  expect(valuesOf(text, 'cantrip_refused_requests_total')['{code="identity/wrong-role"}']).toBe(1)
  expect(valuesOf(text, 'cantrip_agent_messages_total')['{direction="received",type="hello"}']).toBe(1)
  expect(valuesOf(text, 'cantrip_events_stored_total')['']).toBeGreaterThan(0)
  const expiry = valuesOf(text, 'cantrip_certificate_expiry_seconds')
  expect(Object.keys(expiry)).toEqual(
    ['ca', 'server', 'admin', 'node-kubernetes', 'installer'].map((name) => `{certificate="${name}"}`),
  )
  expect(Math.round((expiry['{certificate="node-kubernetes"}'] ?? 0) / 86_400)).toBe(8)
  expect(Math.round((expiry['{certificate="server"}'] ?? 0) / 86_400)).toBe(90)
  expect(
    valuesOf(text, 'cantrip_database_duration_seconds_count')['{operation="commit",outcome="ok"}'],
  ).toBeGreaterThan(2)
  expect(text).not.toContain('cantrip_last_backup')
  agent.socket.terminate()
})

test('a backup is seen, also after a restart', async () => {
  const controller = await serve()
  await call(controller.url, adminOf(controller), 'GET', '/v1/records')
  await controller.end('SIGTERM')
  const { text } = await (await serveIn(controller.data)).get('/metrics')
  const at = valuesOf(text, 'cantrip_last_backup_timestamp_seconds')[''] ?? 0
  expect(Math.abs(Date.now() / 1_000 - at)).toBeLessThan(30)
})

test('an id for each request: in the answer, in the body of an error, and in the log', async () => {
  const controller = await serve('--log-format', 'json')
  const admin = adminOf(controller)
  const plain = await call(controller.url, admin, 'GET', '/v1/clusters')
  expect(plain.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  const named = await call(controller.url, admin, 'GET', '/v1/clusters/absent', undefined, { 'X-Request-Id': 'mine-1' })
  expect([named.status, named.headers['x-request-id'], named.json.requestId]).toEqual([404, 'mine-1', 'mine-1'])
  for (const given of ['x'.repeat(65), 'two words', '"quoted"']) {
    const { headers } = await call(controller.url, admin, 'GET', '/v1/clusters', undefined, { 'X-Request-Id': given })
    expect(headers['x-request-id']).not.toBe(given)
  }
  const lines = controller
    .output()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines[0]).toMatchObject({ level: 'info', msg: expect.any(String), ts: expect.stringMatching(/Z$/) })
})

test('SIGTERM: not ready, a request in work is answered, and agents are told to reconnect at random times', async () => {
  const controller = await serve()
  expect(await controller.get('/readyz')).toEqual({ status: 200, text: 'ok\n' })
  expect(await controller.get('/healthz')).toEqual({ status: 200, text: 'ok\n' })
  expect((await controller.get('/other')).status).toBe(404)
  const installer = await createCluster(controller, 'demo')
  const node = await enrolNode(controller, installer, 'one')
  const agent = await connectAgent(controller, node)
  // The body is complete only after the stop has begun.
  const slow = slowRequest(controller.url, adminOf(controller))
  await setTimeout(300)
  const waiting = call(controller.url, adminOf(controller), 'GET', '/v1/events?after=9999&waitMs=30000')
  await setTimeout(300)
  const ended = controller.end('SIGTERM')
  expect((await agent.next('drain')).body.spreadMs).toBe(5_000)
  expect(await controller.get('/readyz')).toEqual({ status: 503, text: expect.stringContaining('it is stopping') })
  expect((await waiting).status).toBe(200)
  slow.complete()
  // The body lacks what a cluster needs, so the answer is one of the handler's validation.
  expect(await slow.answered).toBe(400)
  expect(await ended).toBe(0)
})

/** A request whose body is complete only when the test says so. */
function slowRequest(url: string, admin: Credentials): { complete(): void; answered: Promise<number> } {
  const { hostname, port } = new URL(url)
  const body = JSON.stringify({ name: 'late' })
  const headers = { 'content-length': body.length }
  const out = httpsRequest({ hostname, port, path: '/v1/clusters', method: 'POST', agent: false, ...admin, headers })
  out.write(body.slice(0, 5))
  const answered = new Promise<number>((resolve, reject) => {
    out.on('response', (answer) => resolve(answer.resume().statusCode ?? 0))
    out.on('error', reject)
  })
  return { complete: () => void out.end(body.slice(5)), answered }
}
