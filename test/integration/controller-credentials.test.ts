/** The life of installer credentials: several sets for each cluster, which end one by one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import type { CredentialSetView } from '../../src/protocol/api/identities/credentials.ts'
import { connectAgent } from '../support/controller/agent.ts'
import {
  adminOf,
  type Credentials,
  call,
  createCluster,
  enrolNode,
  type Installer,
} from '../support/controller/client.ts'

const DAY_MS = 86_400_000
let dataDirectory: string
let controller: Controller
let installer: Installer
let aheadMs: number

const start = async () => {
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    now: () => new Date(Date.now() + aheadMs),
    tickMs: 600_000,
  })
}
beforeEach(async () => {
  aheadMs = 0
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  await start()
  installer = await createCluster(controller, 'demo', { installerTtlDays: 30 })
})
afterEach(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

const admin = (method: string, path: string, body?: unknown) =>
  call(controller.url, adminOf(controller), method, path, body)
const PATH = '/v1/clusters/demo/credentials'
const sets = async (): Promise<CredentialSetView[]> => (await admin('GET', PATH)).json

async function renewed(order: { name: string; days?: number; maxNodes?: number }): Promise<Installer> {
  const { privateKey } = createKeyPair()
  const { status, json, text } = await admin('POST', PATH, { ...order, csr: buildCsr(privateKey, 'installer') })
  if (status !== 200) throw new Error(text)
  expect(json.installer.enrolment.cluster.name).toBe('demo')
  return { ...installer, cert: json.installer.certificate, key: keyToPem(privateKey) }
}

const enrol = (by: Credentials, nodeName: string) =>
  call(controller.url, by, 'POST', '/v1/enrol', {
    ...{ csr: buildCsr(createKeyPair().privateKey, 'any'), nodeName, address: '10.0.0.1' },
  })

test('the set of a new cluster is listed, and its uses are counted', async () => {
  expect(await sets()).toMatchObject([
    {
      ...{ name: 'demo', state: 'valid', serial: expect.stringMatching(/^[0-9A-F]{34}$/), issuedBy: 'local' },
      ...{ enrolled: 0, maxNodes: null, lastUsedAt: null, revokedAt: null },
    },
  ])
  await enrolNode(controller, installer, 'one')
  await enrolNode(controller, installer, 'two')
  expect(await sets()).toMatchObject([{ enrolled: 2, lastUsedAt: expect.stringMatching(/Z$/) }])
})

test('a revoked set opens nothing, the fix issues another one, and enrolled nodes stay', async () => {
  const node = await enrolNode(controller, installer, 'one')
  const agent = await connectAgent(controller, node)
  const { json } = await admin('DELETE', `${PATH}/demo`)
  expect(json).toMatchObject({ state: 'revoked', revokedBy: 'local' })
  for (const answer of [await enrol(installer, 'two'), await call(controller.url, installer, 'GET', '/v1/names/two')]) {
    expect([answer.status, answer.json.code]).toEqual([403, 'identity/revoked'])
    expect(answer.json.fix).toContain('controller creds renew demo')
  }
  const next = await renewed({ name: 'demo-2' })
  await enrolNode(controller, next, 'two')
  expect(agent.socket.readyState).toBe(agent.socket.OPEN)
  expect((await call(controller.url, node, 'GET', '/v1/ping')).status).toBe(200)
  expect(await sets()).toMatchObject([
    { name: 'demo', state: 'revoked', enrolled: 1 },
    { name: 'demo-2', state: 'valid', enrolled: 1 },
  ])
})

test('a long poll for the approval ends when its set is revoked', async () => {
  const { fingerprint } = (await enrol(installer, 'one')).json
  const poll = call(controller.url, installer, 'GET', `/v1/enrol/${fingerprint}?waitMs=30000`)
  const startedAt = Date.now()
  await admin('DELETE', `${PATH}/demo`)
  expect((await poll).json.code).toBe('identity/revoked')
  expect(Date.now() - startedAt).toBeLessThan(5_000)
})

test('a set is for so many nodes, also when they enrol at once', async () => {
  const two = await renewed({ name: 'hall-3', maxNodes: 2 })
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => enrol(two, name)))
  const codes = answers.map(({ json }) => json.code ?? json.state)
  expect(codes.sort()).toEqual(['DISCOVERED', 'DISCOVERED', 'enrol/used-up', 'enrol/used-up'])
  expect(answers.find(({ json }) => json.code)?.json.fix).toContain('controller creds renew demo')
  expect((await sets())[1]).toMatchObject({ name: 'hall-3', state: 'used-up', enrolled: 2, maxNodes: 2 })
})

test('the same node again is not another use', async () => {
  const one = await renewed({ name: 'one', maxNodes: 1 })
  const node = await enrolNode(controller, one, 'a')
  const again = await call(controller.url, one, 'POST', '/v1/enrol', {
    ...{ csr: node.csr, nodeName: 'a', address: '10.0.0.1' },
  })
  expect(again.json).toMatchObject({ nodeId: node.id, state: 'APPROVED' })
})

test('after its credentials expired a cluster gets nodes with a renewed set', async () => {
  await controller.close()
  rmSync(controller.adminFile)
  aheadMs = -40 * DAY_MS
  await start()
  const old = await createCluster(controller, 'old', { installerTtlDays: 30 })
  aheadMs = 0
  await expect(enrol(old, 'one')).rejects.toThrow(/expired|hang up|ECONNRESET/)
  const { privateKey } = createKeyPair()
  const order = { name: 'old-2', days: 2, csr: buildCsr(privateKey, 'installer') }
  const { json } = await admin('POST', '/v1/clusters/old/credentials', order)
  await enrolNode(controller, { ...old, cert: json.installer.certificate, key: keyToPem(privateKey) }, 'one')
  const listed = async () => (await admin('GET', '/v1/clusters/old/credentials')).json
  expect(await listed()).toMatchObject([
    { name: 'old', state: 'expired', enrolled: 0 },
    { name: 'old-2', state: 'valid', enrolled: 1 },
  ])
  aheadMs = 3 * DAY_MS
  expect((await listed())[1]).toMatchObject({ state: 'expired' })
})

test('names are unique, and unknown ones are named', async () => {
  const csr = buildCsr(createKeyPair().privateKey, 'x')
  expect((await admin('POST', PATH, { name: 'demo', csr })).json.code).toBe('creds/exists')
  const { status, json } = await admin('DELETE', `${PATH}/other`)
  expect([status, json.code, json.fix]).toEqual([404, 'creds/unknown', 'choose one of: controller creds list demo'])
})
