/** The controller after its data directory was replaced by an older copy. Nodes know later instructions than it does. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, fingerprint, keyToPem } from '../../src/pki/key.ts'
import { connectAgent, facts } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { type Credentials, call, type EnrolledNode } from '../support/controller/client.ts'
import { Scene, type SceneNode } from '../support/controller/scene.ts'
import { wellReport } from '../support/controller/well-report.ts'

let root: string
let scene: Scene
const data = () => join(root, 'data')
const copy = () => join(root, 'copy')

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'restored-'))
  await importSmallBundle(data(), Buffer.from('kubelet'))
  scene = new Scene(data())
  await scene.start()
})
afterEach(async () => {
  await scene.close()
  rmSync(root, { recursive: true })
})

async function backUp(): Promise<void> {
  await scene.controller.close()
  cpSync(data(), copy(), { recursive: true })
  await scene.start()
}

async function restore(): Promise<void> {
  await scene.controller.close()
  rmSync(data(), { recursive: true })
  cpSync(copy(), data(), { recursive: true })
  await scene.start()
}

async function reconnect({ node, agent }: SceneNode, lastSeq: number, more: object = {}): Promise<SceneNode> {
  agent.socket.terminate()
  await agent.closed
  return { node, agent: await connectAgent(scene.controller, node, lastSeq, facts, more) }
}

async function ask(path: string, body: object = {}): Promise<void> {
  const { status, text } = await scene.admin('POST', path, body)
  if (status !== 200) throw new Error(text)
}

/** Carries out the next instruction with success, as message `seq` of the node. */
async function carryOut({ agent }: SceneNode, seq: number) {
  const instruction = await agent.instruction()
  agent.send('result', { run: instruction.run, outcome: 'done' }, seq)
  await agent.next('ack', ({ ack }) => ack >= seq)
  return instruction
}

/** Resets, provisions and resets the cluster, so that the node has three more instructions and results. */
async function moveOn(node: SceneNode): Promise<void> {
  await ask('/v1/clusters/demo/reset')
  await carryOut(node, 2)
  await ask(`/v1/nodes/${node.node.id}/approve`)
  await ask(`/v1/nodes/${node.node.id}/configure`, { roles: ['master'] })
  await ask('/v1/clusters/demo/provision')
  await carryOut(node, 3)
  await ask('/v1/clusters/demo/reset')
  await carryOut(node, 4)
}

test.each<[string, object]>([
  ['this build', { lastGeneration: 4, confirmed: 4 }],
  ['a released build', {}],
])('a node with an agent of %s accepts the next instruction', async (_, more) => {
  const [first] = await scene.up(['m1', ['master']])
  if (!first) throw new Error('no node')
  await backUp()
  await moveOn(await reconnect(first, 1))
  await restore()
  const node = await reconnect(first, 4, more)
  await ask('/v1/clusters/demo/reset')
  const instruction = await carryOut(node, 5)
  expect(instruction).toMatchObject({ role: 'reset', generation: 5 })
  expect(node.agent.lastSeq).toBe(5)
})

test('the generation is lifted also if the node is further than its sequence number says', async () => {
  const [first] = await scene.up(['m1', ['master']])
  if (!first) throw new Error('no node')
  const node = await reconnect(first, 4, { lastGeneration: 9, confirmed: 4 })
  await ask('/v1/clusters/demo/reset')
  expect(await node.agent.instruction()).toMatchObject({ generation: 10 })
})

test('a run that ended after the backup fails with the reason, and the cluster can be provisioned again', async () => {
  const first = await scene.enrolled('m1', ['master'])
  const [instruction] = await scene.provision(first)
  await backUp()
  const running = await reconnect(first, 1, { openRun: instruction?.run })
  running.agent.send('result', { run: instruction?.run ?? '', outcome: 'done' }, 1)
  await running.agent.next('ack', ({ ack }) => ack >= 1)
  await restore()
  const node = await reconnect(first, 1, { lastGeneration: 1, confirmed: 1 })
  await scene.shows(node, 'the end of the run', ({ error }) => error?.code === 'run/end-unknown')
  await ask('/v1/clusters/demo/provision')
  expect(await carryOut(node, 2)).toMatchObject({ role: 'first-master', generation: 2 })
})

test('a run that the node still carries out continues', async () => {
  const first = await scene.enrolled('m1', ['master'])
  const [instruction] = await scene.provision(first)
  await backUp()
  const running = await reconnect(first, 1, { openRun: instruction?.run })
  const run = instruction?.run ?? ''
  running.agent.event(1, run, { kind: 'step-started', at: new Date().toISOString(), step: 'a/b', title: 'A' })
  await running.agent.next('ack', ({ ack }) => ack >= 1)
  await restore()
  const node = await reconnect(first, 1, { openRun: run, lastGeneration: 1, confirmed: 1 })
  node.agent.send('result', { run, outcome: 'done' }, 2)
  await scene.shows(node, 'the result', ({ run }) => run?.state === 'done')
})

test('a node that claims absurd numbers harms only itself', async () => {
  const [first, second] = await scene.up(['m1', ['master']], ['w1', ['worker']])
  if (!first || !second) throw new Error('no nodes')
  const most = Number.MAX_SAFE_INTEGER
  await reconnect(second, most, { lastGeneration: most, confirmed: most })
  const node = await reconnect(first, 1)
  await ask('/v1/clusters/demo/reset')
  await scene.restart()
  expect(await scene.admin('GET', '/v1/clusters/demo')).toMatchObject({ status: 200 })
  const [worker, master] = [await reconnect(second, 0), await reconnect(node, 1)]
  expect(await carryOut(worker, 2 ** 40 + 1)).toMatchObject({ role: 'reset', generation: 2 ** 40 + 1 })
  expect(await carryOut(master, 2)).toMatchObject({ role: 'reset', generation: 2 })
})

async function renewed({ node }: SceneNode): Promise<EnrolledNode> {
  const { privateKey, publicKey } = createKeyPair()
  const body = { csr: buildCsr(privateKey, 'x') }
  const { json } = await call(scene.controller.url, node, 'POST', '/v1/node/certificate', body)
  return { ...node, cert: json.certificate, key: keyToPem(privateKey), fingerprint: fingerprint(publicKey) }
}

test('a node that renewed its key after the backup is admitted, with an alarm, and its former keys are refused', async () => {
  const first = await scene.enrolled('m1', ['master'])
  // Certificates have whole seconds.
  const aSecond = () => sleep(1_100)
  await aSecond()
  const second = { ...first, node: await renewed(first) }
  second.agent = (await reconnect(second, 0)).agent
  await aSecond()
  await backUp()
  const ping = async (as: EnrolledNode) =>
    (await call(scene.controller.url, as, 'GET', '/v1/ping')).json.code ?? 'admitted'
  await reconnect(second, 0)
  const third = { ...second, node: await renewed(second) }
  await reconnect(third, 0)
  await aSecond()
  const fourth = { ...third, node: await renewed(third) }
  const connected = await reconnect(fourth, 0)
  await restore()
  // Retired before the backup.
  expect(await ping(first.node)).toBe('identity/retired')
  // Retired after it: the store cannot know this until the node connects with its present key.
  expect(await ping(third.node)).toBe('admitted')
  connected.agent = (await reconnect(connected, 0)).agent
  expect(await ping(fourth.node)).toBe('admitted')
  const former = [await ping(first.node), await ping(second.node), await ping(third.node)]
  expect(former).toEqual(Array(3).fill('identity/retired'))
  const { fingerprint: shown, warnings } = await scene.show(connected)
  expect(shown).toBe(fourth.node.fingerprint)
  // The same alarm is recorded once a minute.
  expect(warnings.map(({ found }) => found).join('\n')).toContain(`the store does not have, ${third.node.fingerprint}`)
  await scene.restart()
  expect(await ping(fourth.node)).toBe('admitted')
})

async function operatorOf({ node }: SceneNode, present?: Credentials): Promise<Credentials> {
  const { privateKey } = createKeyPair()
  const [as, path] = present ? [present, '/v1/operator/renewal'] : [node, '/v1/operator/certificate?renews=1']
  const { json } = await call(scene.controller.url, as, 'POST', path, { csr: buildCsr(privateKey, 'operator') })
  return { ca: node.ca, cert: json.certificate, key: keyToPem(privateKey) }
}

test('an operator that renewed its certificate after the backup is admitted, with an alarm, and retired ones are not', async () => {
  const [m1] = await scene.up(['m1', ['master']])
  if (!m1) throw new Error('no node')
  const retired = await operatorOf(m1)
  const former = await operatorOf(m1, retired)
  const present = await operatorOf(m1, former)
  // Certificates have whole seconds.
  await sleep(1_100)
  await backUp()
  const later = await operatorOf(m1, present)
  await restore()
  const report = async (as: Credentials) =>
    (await call(scene.controller.url, as, 'POST', '/v1/operator/report', wellReport(['m1'], ['m1']))).json.code
  expect(await report(retired)).toBe('identity/retired')
  expect(await report(later)).toBeUndefined()
  expect(await report(later)).toBeUndefined()
  const { warnings } = await scene.show(m1)
  expect(warnings.map(({ found }) => found).join('\n')).toContain('the store does not have')
  expect(await report(former)).toBe('identity/retired')
})

test('the key of a removed master is not taken for a later one', async () => {
  const [m1, m2] = await scene.up(['m1', ['master']], ['m2', ['master']], ['m3', ['master']])
  if (!m1 || !m2) throw new Error('no nodes')
  await operatorOf(m1)
  await sleep(1_100)
  const stolen = await operatorOf(m2)
  await scene.admin('DELETE', `/v1/nodes/${m2.node.id}?force=1`)
  const { status, json } = await call(scene.controller.url, stolen, 'POST', '/v1/operator/report', wellReport([], []))
  expect([status, json.code]).toEqual([403, 'identity/retired'])
})
