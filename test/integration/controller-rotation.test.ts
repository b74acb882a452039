import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, fingerprint, keyToPem } from '../../src/pki/key.ts'
import { connectAgent } from '../support/controller/agent.ts'
import {
  adminOf,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
  type Installer,
  showNode,
} from '../support/controller/client.ts'

let dataDirectory: string
let controller: Controller
let installer: Installer
let node: EnrolledNode
let aheadMs: number
const DAY_MS = 86_400_000
const now = () => new Date(Date.now() + aheadMs)
const start = () => startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 }, now, tickMs: 600_000 })

beforeEach(async () => {
  aheadMs = 0
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  controller = await start()
  installer = await createCluster(controller, 'demo')
  node = await enrolNode(controller, installer, 'one')
})
afterEach(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

const ask = (by: EnrolledNode, csr: string) => call(controller.url, by, 'POST', '/v1/node/certificate', { csr })

async function rotated(by: EnrolledNode, key = createKeyPair()): Promise<EnrolledNode> {
  const { status, json, text } = await ask(by, buildCsr(key.privateKey, 'n-bbbbbbbbbb'))
  if (status !== 200) throw new Error(`${status} ${text}`)
  return { ...by, cert: json.certificate, key: keyToPem(key.privateKey), fingerprint: fingerprint(key.publicKey) }
}
const shown = async () => (await showNode(controller, node.id)).fingerprint

async function connects(as: EnrolledNode): Promise<void> {
  const agent = await connectAgent(controller, as)
  agent.socket.terminate()
}

it('issues a certificate for a new key to the same node, with any subject in the request', async () => {
  const next = await rotated(node)
  const { subject, publicKey } = new X509Certificate(next.cert)
  expect(subject).toBe(`O=cantrip:node\nCN=${node.id}`)
  expect(fingerprint(publicKey)).toBe(next.fingerprint)
  expect((await call(controller.url, next, 'GET', '/v1/ping')).status).toBe(200)
})

it('keeps the old key until the node connects with the new one, also across a restart', async () => {
  const next = await rotated(node)
  expect((await call(controller.url, next, 'GET', '/v1/ping')).status).toBe(200)
  expect(await shown()).toBe(node.fingerprint)
  await connects(node)
  expect(await shown()).toBe(node.fingerprint)
  await controller.close()
  controller = await start()
  await connects(next)
  expect(await shown()).toBe(next.fingerprint)
})

it('a node that crashed before it stored the new certificate can ask again with another key', async () => {
  const lost = await rotated(node)
  const kept = await rotated(node)
  await connects(kept)
  expect(await shown()).toBe(kept.fingerprint)
  expect(kept.fingerprint).not.toBe(lost.fingerprint)
  const later = await rotated(kept)
  await connects(later)
  expect(await shown()).toBe(later.fingerprint)
})

it('the same request gets the same certificate', async () => {
  const key = createKeyPair()
  const [one, two] = [await rotated(node, key), await rotated(node, key)]
  expect(two.cert).toBe(one.cert)
})

it('a second installation finds the node by its current key', async () => {
  const key = createKeyPair()
  const next = await rotated(node, key)
  await connects(next)
  aheadMs = 40 * DAY_MS
  const csr = buildCsr(key.privateKey, 'x')
  const { json } = await call(controller.url, installer, 'POST', '/v1/enrol', {
    csr,
    nodeName: 'one',
    address: '10.0.0.1',
  })
  expect(json).toMatchObject({ nodeId: node.id, state: 'APPROVED' })
  expect(new X509Certificate(json.certificate).validToDate.getTime()).toBeGreaterThan(now().getTime() + 29 * DAY_MS)
})

it('refuses a key that this node or another one uses', async () => {
  const other = await enrolNode(controller, installer, 'two')
  for (const csr of [node.csr, other.csr]) {
    const answer = await ask(node, csr)
    expect(answer.status).toBe(403)
    expect(answer.json.code).toBe('node/key-in-use')
  }
})

it('refuses a removed node, another certificate kind, and a request that its key did not sign', async () => {
  const { privateKey } = createKeyPair()
  const csr = buildCsr(privateKey, 'x')
  const asInstaller = await call(controller.url, installer, 'POST', '/v1/node/certificate', { csr })
  expect([asInstaller.status, asInstaller.json.code]).toEqual([403, 'identity/wrong-role'])
  const broken = await ask(node, csr.replace(/^(.{40}).{4}/m, '$1AAAA'))
  expect([broken.status, broken.json.code]).toEqual([403, 'csr/invalid'])
  await call(controller.url, adminOf(controller), 'DELETE', `/v1/nodes/${node.id}`)
  const removed = await ask(node, csr)
  expect([removed.status, removed.json.code]).toEqual([403, 'node/removed'])
})
