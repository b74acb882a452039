/** Who gets a certificate for the operator of a cluster, and when it ends. */
import { X509Certificate } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { CAPABILITIES } from '../../src/protocol/wire/capabilities.ts'
import { type Answer, type Credentials, call } from '../support/controller/client.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'
import { wellReport } from '../support/controller/well-report.ts'

let scene: Scene
beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

async function requestedBy({ node }: SceneNode, query = ''): Promise<{ answer: Answer; operator: Credentials }> {
  const { privateKey } = createKeyPair()
  const body = { csr: buildCsr(privateKey, 'operator') }
  const answer = await call(scene.controller.url, node, 'POST', `/v1/operator/certificate${query}`, body)
  return { answer, operator: { ca: node.ca, cert: answer.json.certificate, key: keyToPem(privateKey) } }
}

const codeOf = async (enrolled: SceneNode) => (await requestedBy(enrolled)).answer.json.code
const report = async (as: Credentials) => {
  const body = wellReport(['m1'], ['m1'])
  const { status, json } = await call(scene.controller.url, as, 'POST', '/v1/operator/report', body)
  return status === 200 ? 'accepted' : json.code
}

test('only nodes that have started the cluster or are its masters get one', async () => {
  const m1 = await scene.enrolled('m1', ['master'])
  expect(await codeOf(m1)).toBe('operator/not-due')
  const [run] = await scene.provision(m1)
  expect(await codeOf(m1)).toBeUndefined()
  m1.agent.send('result', { run: run?.run ?? '', outcome: 'done' }, 1)
  await m1.agent.next('ack')
  const w1 = await scene.enrolled('w1', ['worker'])
  expect(await codeOf(w1)).toBe('operator/not-due')
  expect(await codeOf(m1)).toBeUndefined()
})

test('it ends when its node is removed, also if no other certificate was ever issued', async () => {
  const [m1] = await scene.up(['m1', ['master']])
  if (!m1) throw new Error('no master')
  const { operator } = await requestedBy(m1)
  expect(await report(operator)).toBe('accepted')
  await scene.admin('DELETE', `/v1/nodes/${m1.node.id}?force=1`)
  expect(await report(operator)).toBe('identity/retired')
})

test('a newer one retires the one before the last, and a reset ends all', async () => {
  const [m1] = await scene.up(['m1', ['master']])
  if (!m1) throw new Error('no master')
  const issued = [await requestedBy(m1), await requestedBy(m1), await requestedBy(m1)]
  const answers = []
  for (const { operator } of issued) answers.push(await report(operator))
  expect(answers).toEqual(['identity/retired', 'accepted', 'accepted'])
  m1.agent.send('reset', {}, 2)
  await scene.shows(m1, 'DISCOVERED', ({ state }) => state === 'DISCOVERED')
  for (const { operator } of issued) expect(await report(operator)).toBe('identity/retired')
  await scene.admin('POST', `/v1/nodes/${m1.node.id}/approve`)
  await scene.admin('POST', `/v1/nodes/${m1.node.id}/configure`, { roles: ['master'] })
  await scene.provision(m1)
  for (const { operator } of issued) expect(await report(operator)).toBe('identity/retired')
})

test('one that an earlier build issued is accepted until another one is issued', async () => {
  const [m1] = await scene.up(['m1', ['master']])
  if (!m1) throw new Error('no master')
  const { operator } = await requestedBy(m1)
  await scene.changeDatabase((file) => {
    const database = new DatabaseSync(file)
    database.exec("UPDATE nodes SET operator_keys = '[]'; UPDATE clusters SET operator_since = NULL")
    database.close()
  })
  expect(await report(operator)).toBe('accepted')
  const newer = await requestedBy(m1)
  expect(await report(newer.operator)).toBe('accepted')
  expect(await report(operator)).toBe('identity/retired')
})

const DAY_MS = 86_400_000
const daysOf = ({ cert }: Credentials) => {
  const { validFromDate, validToDate } = new X509Certificate(cert)
  return Math.round((validToDate.getTime() - validFromDate.getTime()) / DAY_MS)
}

async function renewedBy(operator: Credentials): Promise<Credentials> {
  const { privateKey } = createKeyPair()
  const body = { csr: buildCsr(privateKey, 'operator') }
  const { json } = await call(scene.controller.url, operator, 'POST', '/v1/operator/renewal', body)
  return { ...operator, cert: json.certificate, key: keyToPem(privateKey) }
}

test('it lives for 30 days if the operator renews it, and the one with which it asks stays valid when answers are lost', async () => {
  const [m1] = await scene.up(['m1', ['master']])
  if (!m1) throw new Error('no master')
  expect(daysOf((await requestedBy(m1)).operator)).toBe(365)
  const { operator } = await requestedBy(m1, '?renews=1')
  expect(daysOf(operator)).toBe(30)
  const [lost, got] = [await renewedBy(operator), await renewedBy(operator)]
  expect(daysOf(got)).toBe(30)
  expect(await report(operator)).toBe('accepted')
  expect(await report(got)).toBe('accepted')
  expect(await report(lost)).toBe('identity/retired')
  await scene.admin('DELETE', `/v1/nodes/${m1.node.id}?force=1`)
  expect(await report(got)).toBe('identity/retired')
})

test.each([
  ['gracefully', ''],
  ['at once', '?force=1'],
])('when its master is removed %s, another master issues a new one by itself', async (_, query) => {
  const masters = await scene.up(['m1', ['master']], ['m2', ['master']], ['m3', ['master']])
  await scene.report(masters)
  const [m1, m2, m3] = masters
  if (!m1 || !m2 || !m3) throw new Error('no masters')
  await scene.shows(m3, 'READY', ({ state }) => state === 'READY')
  await scene.admin('DELETE', `/v1/nodes/${m1.node.id}${query}`)
  const instruction = await m2.agent.instruction()
  expect(instruction).toMatchObject({ role: 'first-master', params: { node: { name: 'm2' } } })
  const { answer, operator } = await requestedBy(m2)
  expect(answer.status).toBe(200)
  m2.agent.send('result', { run: instruction.run, outcome: 'done' }, 2)
  await m2.agent.next('ack', ({ ack }) => ack >= 2)
  expect(await report(operator)).toBe('accepted')
  expect((await scene.show(m3)).run).toMatchObject({ role: 'master', state: 'done' })
  expect((await scene.show(m2)).state).toMatch(/READY|DEGRADED/)
})

test('the operator gets the names and addresses of the approved nodes with a role', async () => {
  const [m1, w1] = await scene.up(['m1', ['master']], ['w1', ['worker']])
  if (!m1 || !w1) throw new Error('no nodes')
  const { operator } = await requestedBy(m1)
  const known = async () => (await call(scene.controller.url, operator, 'GET', '/v1/operator/nodes')).json.nodes
  expect(await known()).toEqual([
    { name: 'm1', address: '10.0.0.1' },
    { name: 'w1', address: '10.0.0.2' },
  ])
  await scene.admin('DELETE', `/v1/nodes/${w1.node.id}?force=1`)
  expect(await known()).toEqual([{ name: 'm1', address: '10.0.0.1' }])
})

test('a new cluster verifies its kubelets, if the agents know how', async () => {
  scene.hello = { capabilities: [...CAPABILITIES] }
  const m1 = await scene.enrolled('m1', ['master'])
  scene.hello = {}
  const w1 = await scene.enrolled('w1', ['worker'])
  const told = await scene.provision(m1, w1)
  const modes = told.map(({ params }) => 'cluster' in params && params.cluster.kubeletCertificates)
  expect(modes).toEqual(['verified', undefined])
})

test('beside a first master of an earlier build, masters leave their kubelets as they are', async () => {
  const m1 = await scene.enrolled('m1', ['master'])
  scene.hello = { capabilities: [...CAPABILITIES] }
  const others = [await scene.enrolled('m2', ['master']), await scene.enrolled('m3', ['master'])]
  const told = await scene.provision(m1, ...others)
  expect(told.map(({ params }) => 'cluster' in params && params.cluster.kubeletCertificates)).toEqual(
    Array(3).fill(undefined),
  )
})
