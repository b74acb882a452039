/** ETag, If-Match, If-None-Match and Idempotency-Key on a running controller. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import { ClusterSettings } from '../../src/protocol/settings/cluster-settings.ts'
import { connectAgent } from '../support/controller/agent.ts'
import {
  adminOf,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
  type Installer,
} from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

let dataDirectory: string
let controller: Controller
let installer: Installer
let node: EnrolledNode
const start = () =>
  startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, tickMs: 600_000, drainMs: 0 })

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'conditions-'))
  controller = await start()
  installer = await createCluster(controller, 'demo')
  node = await enrolNode(controller, installer, 'one')
  await connectAgent(controller, node)
})
afterAll(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

const ask = (method: string, path: string, body?: unknown, headers = {}) =>
  call(controller.url, adminOf(controller), method, path, body, headers)

it('answers 304 while nothing is new', async () => {
  const first = await ask('GET', '/v1/clusters/demo')
  const etag = String(first.headers.etag)
  expect(etag).toBe(`"${first.json.revision}-${etag.slice(18, 34)}"`)
  // The agent has just connected, and its facts arrive.
  const again = await waitFor('an unchanged cluster', async () => {
    const tag = String((await ask('GET', '/v1/clusters/demo')).headers.etag)
    const { status, text, headers } = await ask('GET', '/v1/clusters/demo', undefined, { 'if-none-match': tag })
    return status === 304 ? { text, isSame: headers.etag === tag } : undefined
  })
  expect(again).toEqual({ text: '', isSame: true })
  await enrolNode(controller, installer, 'two')
  const changed = await ask('GET', '/v1/clusters/demo', undefined, { 'if-none-match': etag })
  expect(changed.status).toBe(200)
  // A node that asks to enrol does not change what people set.
  expect(changed.json.revision).toBe(first.json.revision)
})

it('refuses a change that somebody else was faster with, and makes it with the present revision', async () => {
  const path = `/v1/nodes/${node.id}`
  await waitFor('the facts', async () => (await ask('GET', path)).json.facts !== null || undefined)
  const { headers, json } = await ask('GET', path)
  const ifMatch = { 'if-match': String(headers.etag) }
  const mine = await ask('POST', `${path}/configure`, { roles: ['master'] }, ifMatch)
  expect([mine.status, mine.json.roles]).toEqual([200, ['master']])
  expect(mine.headers.etag).toContain(mine.json.revision)
  const theirs = await ask('POST', `${path}/configure`, { roles: ['worker'] }, ifMatch)
  expect([theirs.status, theirs.json.code, theirs.json.revision]).toEqual([
    ...[412, 'precondition/failed', mine.json.revision],
  ])
  expect(mine.json.revision).not.toBe(json.revision)
  const again = await ask('POST', `${path}/configure`, { roles: ['worker'] }, { 'if-match': `"${mine.json.revision}"` })
  expect([again.status, again.json.roles]).toEqual([200, ['worker']])
  expect((await ask('POST', `${path}/configure`, { roles: ['master'] }, { 'if-match': '*' })).status).toBe(200)
})

it.each([
  ['DELETE', '/v1/clusters/demo'],
  ['POST', '/v1/clusters/demo/provision'],
  ['POST', '/v1/clusters/demo/reset'],
  ['DELETE', '/v1/nodes/NODE'],
  ['POST', '/v1/nodes/NODE/approve'],
])('%s %s is made only with If-Match of the present revision', async (method, path) => {
  const { status, json } = await ask(method, path.replace('NODE', node.id), undefined, { 'if-match': '"0-0"' })
  expect([status, json.code]).toEqual([412, 'precondition/failed'])
})

it('creates once, however often the request is repeated, also after a restart', async () => {
  const { privateKey } = createKeyPair()
  const body = { name: 'twice', settings: ClusterSettings.parse({}), csr: buildCsr(privateKey, 'installer') }
  const create = (key: string, more = {}) =>
    ask('POST', '/v1/clusters', { ...body, ...more }, { 'idempotency-key': key })
  const first = await create('k1')
  expect(first.status).toBe(200)
  expect((await create('k1')).json).toEqual(first.json)
  await controller.close()
  controller = await start()
  expect((await create('k1')).json).toEqual(first.json)
  expect((await create('k1', { name: 'other' })).json.code).toBe('idempotency/other-request')
  expect((await create('k2')).json.code).toBe('cluster/exists')
  expect((await create(' ')).json.code).toBe('request/invalid')
  const useless = await ask('DELETE', '/v1/clusters/none', undefined, { 'idempotency-key': 'k3' })
  expect([useless.status, useless.json.code]).toEqual([400, 'request/invalid'])
})
