import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import type { ClusterHealth, ClusterPlan } from '../../src/protocol/admin.ts'
import { Errand } from '../../src/protocol/errand.ts'
import type { RunEvent } from '../../src/protocol/event.ts'
import type { Instruction } from '../../src/protocol/instruction.ts'
import { connectAgent, type ScriptedAgent } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
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
let aheadMs = 0
const admin = (method: string, path: string, body?: unknown) =>
  call(controller.url, adminOf(controller), method, path, body)

type Placed = Exclude<Instruction, { role: 'reset' }>

interface Guest {
  node: EnrolledNode
  agent: ScriptedAgent
}

beforeEach(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  await importSmallBundle(dataDirectory, Buffer.from('kubelet'))
  aheadMs = 0
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    now: () => new Date(Date.now() + aheadMs),
    tickMs: 600_000,
  })
  installer = await createCluster(controller, 'demo')
})
afterEach(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

async function guest(name: string, roles: string[], changes: object = {}): Promise<Guest> {
  const node = await enrolNode(controller, installer, name)
  const agent = await connectAgent(controller, node)
  while ((await showNode(controller, node.id)).facts === null) await new Promise((resolve) => setTimeout(resolve, 20))
  expect((await admin('POST', `/v1/nodes/${node.id}/configure`, { roles, ...changes })).status).toBe(200)
  return { node, agent }
}

const at = '2026-01-01T00:00:00.000Z'
const opened: RunEvent = { kind: 'step-done', at, step: 'cluster-config/bind-rights', ms: 1 }
const invitation = (node: EnrolledNode, waitMs = 0) =>
  call(controller.url, node, 'POST', `/v1/node/invitation?waitMs=${waitMs}`, { sealTo: KEY })
const KEY = Buffer.alloc(32, 7).toString('base64')

async function errandOf({ agent }: Guest): Promise<Errand> {
  const { body } = await agent.next('errand')
  return Errand.parse(JSON.parse(body.payload))
}

/** Tells what it is told to become, in the order of the guests. */
async function provision(...guests: Guest[]): Promise<Instruction[]> {
  expect((await admin('POST', '/v1/clusters/demo/provision')).status).toBe(200)
  return Promise.all(guests.map(({ agent }) => agent.instruction()))
}

test('a worker is invited once the API of the first master is up, by that master, and nobody else reads it', async () => {
  const [master, worker] = [await guest('m1', ['master']), await guest('w1', ['worker'])]
  const [first, second] = await provision(master, worker)
  expect([first?.role, second?.role]).toEqual(['first-master', 'worker'])
  expect((await invitation(worker.node)).json).toEqual({ waitingFor: 'master m1' })

  const asked = invitation(worker.node, 10_000)
  master.agent.event(1, first?.run ?? '', opened)
  const errand = await errandOf(master)
  expect(errand).toMatchObject({
    errand: 'invite',
    node: master.node.id,
    sealTo: KEY,
    guest: { name: 'w1', role: 'worker' },
  })
  master.agent.send('errand', { id: errand.id, outcome: 'done', sealed: 'c2VhbGVk' })
  expect(await asked).toMatchObject({ status: 200, json: { sealed: 'c2VhbGVk' } })
})

test('an answer that another node gives does not count', async () => {
  const [master, worker] = [await guest('m1', ['master']), await guest('w1', ['worker'])]
  const [first] = await provision(master, worker)
  master.agent.event(1, first?.run ?? '', opened)
  const asked = invitation(worker.node, 10_000)
  const errand = await errandOf(master)
  worker.agent.send('errand', { id: errand.id, outcome: 'done', sealed: 'Zm9yZ2Vk' })
  await showNode(controller, worker.node.id)
  const error = { code: 'x/failed', message: 'no', fix: 'mend it' }
  master.agent.send('errand', { id: errand.id, outcome: 'failed', error })
  expect(await asked).toMatchObject({ json: { code: 'x/failed', message: 'master m1: no', fix: 'mend it' } })
})

test('masters that ask in the same moment are let in one after another', async () => {
  const masters = [await guest('m1', ['master']), await guest('m2', ['master']), await guest('m3', ['master'])]
  const [m1, m2, m3] = masters as [Guest, Guest, Guest]
  const [first] = await provision(m1, m2, m3)
  const asked = [invitation(m2.node, 10_000), invitation(m3.node, 500)]
  m1.agent.send('result', { run: first?.run ?? '', outcome: 'done' }, 1)
  const errand = await errandOf(m1)
  m1.agent.send('errand', { id: errand.id, outcome: 'done', sealed: 'c2VhbGVk' })
  const answers = await Promise.all(asked)
  const [invited, waiting] = answers.map(({ status }) => status)
  expect([invited, waiting].sort()).toEqual([200, 202])
  expect(answers.find(({ status }) => status === 202)?.json.waitingFor).toMatch(/^master m[23] to join first$/)
})

test('what a node waits for is seen: the master, and then that it is connected again', async () => {
  const [master, worker] = [await guest('m1', ['master']), await guest('w1', ['worker'])]
  const [first, second] = await provision(master, worker)
  const seen = async () => (await showNode(controller, worker.node.id)).waitingFor
  const until = async (wanted: string | null) => {
    while ((await seen()) !== wanted) await new Promise((done) => setTimeout(done, 20))
  }
  expect(await seen()).toBe('the node to take its instruction')
  const asking = { kind: 'step-started' as const, at, step: 'join/accept-invitation', title: 'Asking' }
  worker.agent.event(1, second?.run ?? '', asking)
  await until('master m1')
  expect((await showNode(controller, worker.node.id)).step).toBe('Asking (waiting for master m1)')
  master.agent.event(1, first?.run ?? '', opened)
  await until(null)
  master.agent.socket.terminate()
  await until('master m1 to be connected')
})

test('where the first master has vanished, the next one gives the API its own address, and who waits is told so', async () => {
  const [master, worker] = [await guest('m1', ['master']), await guest('w1', ['worker'])]
  const [first, waits] = (await provision(master, worker)) as [Placed, Placed]
  expect([first, waits].map(({ params }) => params.cluster.endpoint)).toEqual(['10.0.0.1:6443', '10.0.0.1:6443'])
  await admin('DELETE', `/v1/nodes/${master.node.id}?force=1`)
  const next = await guest('m2', ['master'], { interface: 'eth1' })
  const [started] = (await provision(next)) as [Placed]
  expect([started.role, started.params.cluster.endpoint]).toEqual(['first-master', '10.1.0.1:6443'])
  expect((await worker.agent.next('cancel')).body.run).toBe(waits.run)
  worker.agent.send('result', { run: waits.run, outcome: 'cancelled' }, 1)
  const again = (await worker.agent.instruction()) as Placed
  expect([again.role, again.params.cluster.endpoint]).toEqual(['worker', '10.1.0.1:6443'])
})

test('who was not told to join is told nothing', async () => {
  const worker = await guest('w1', ['worker'])
  expect(await invitation(worker.node)).toMatchObject({ status: 403, json: { code: 'invitation/not-due' } })
})

test('how etcd is a master tells; without one nobody does', async () => {
  const health = async () => (await admin('GET', '/v1/clusters/demo/health')).json as ClusterHealth
  expect((await health()).etcd).toBeNull()
  const master = await guest('m1', ['master'])
  const [first] = await provision(master)
  master.agent.send('result', { run: first?.run ?? '', outcome: 'done' }, 1)
  await master.agent.next('ack')
  aheadMs += 10_000
  const looked = health()
  const errand = await errandOf(master)
  const etcd = [{ name: 'm1', isHealthy: true, isLearner: false }]
  master.agent.send('errand', { id: errand.id, outcome: 'done', etcd })
  expect((await looked).etcd).toEqual(etcd)
})

test('what the operator has told holds for 90 s', async () => {
  const health = async () => (await admin('GET', '/v1/clusters/demo/health')).json as ClusterHealth
  expect(await health()).toMatchObject({ nodes: null, reportedAt: null, isCurrent: false })
  const { node } = await guest('m1', ['master'])
  const { privateKey } = createKeyPair()
  const order = { csr: buildCsr(privateKey, 'x') }
  const { certificate } = (await call(controller.url, node, 'POST', '/v1/operator/certificate', order)).json
  const operator = { ca: node.ca, cert: certificate, key: keyToPem(privateKey) }
  const nodes = [{ name: 'm1', ready: true, kubeletVersion: 'v1.36.3' }]
  const report = { kubernetesVersion: 'v1.36.3', nodes, pods: [], dns: true }
  await provision()
  expect((await call(controller.url, operator, 'POST', '/v1/operator/report', report)).status).toBe(200)
  const told = await health()
  expect(told).toMatchObject({ nodes: [{ name: 'm1', ready: true }], isCurrent: true })
  aheadMs += 60_000
  expect(await health()).toMatchObject({ reportedAt: told.reportedAt, isCurrent: true })
  aheadMs += 60_000
  expect(await health()).toMatchObject({ nodes: told.nodes, reportedAt: told.reportedAt, isCurrent: false })
})

/** A cluster of one master that is done and a worker that has joined it. */
async function pair(): Promise<[Guest, Guest]> {
  const [master, worker] = [await guest('m1', ['master']), await guest('w1', ['worker'])]
  const [first, second] = await provision(master, worker)
  master.agent.send('result', { run: first?.run ?? '', outcome: 'done' }, 1)
  worker.agent.send('result', { run: second?.run ?? '', outcome: 'done' }, 1)
  await Promise.all([master.agent.next('ack'), worker.agent.next('ack')])
  return [master, worker]
}

test('what is configured while the cluster is up begins when that is asked for again, and no second master at all', async () => {
  await pair()
  const late = await guest('m2', ['master'])
  expect(await showNode(controller, late.node.id)).toMatchObject({
    state: 'CONFIGURED',
    step: 'waiting for: controller cluster provision demo',
  })
  const plan = (await admin('GET', '/v1/clusters/demo/plan')).json as ClusterPlan
  expect(plan.problems.map(({ code }) => code)).toEqual(['masters/even'])
  expect((await admin('POST', '/v1/clusters/demo/provision')).json.code).toBe('masters/even')
  await admin('POST', `/v1/nodes/${late.node.id}/configure`, { roles: ['worker'] })
  expect(late.agent.received.filter(({ t }) => t === 'instruct')).toEqual([])
  const [told] = await provision(late)
  expect(told?.role).toBe('worker')
})

test('a node is removed: out of its cluster first, then Kubernetes off its machine', async () => {
  const [master, worker] = await pair()
  await admin('DELETE', `/v1/nodes/${worker.node.id}`)
  const errand = await errandOf(master)
  expect(errand).toMatchObject({ errand: 'retire', guest: { name: 'w1', role: 'worker' } })
  expect((await showNode(controller, worker.node.id)).step).toMatch(/^leaving, waiting for a master/)
  master.agent.send('errand', { id: errand.id, outcome: 'done' })
  const { role, run } = await worker.agent.instruction()
  expect(role).toBe('reset')
  worker.agent.send('result', { run, outcome: 'done' }, 2)
  expect(await worker.agent.closed).toBe(4403)
  expect((await showNode(controller, worker.node.id)).state).toBe('REMOVED')
})

test('a node that died in the middle of its run is removed all the same', async () => {
  const [master, worker] = [await guest('m1', ['master']), await guest('w1', ['worker'])]
  const [first] = await provision(master, worker)
  master.agent.send('result', { run: first?.run ?? '', outcome: 'done' }, 1)
  await master.agent.next('ack')
  worker.agent.socket.terminate()
  await worker.agent.closed
  await admin('DELETE', `/v1/nodes/${worker.node.id}`)
  expect((await showNode(controller, worker.node.id)).step).toBe('leaving, waiting for its run to end')
  aheadMs = 200_000
  master.agent.send('ack', {})
  controller.tick()
  const errand = await errandOf(master)
  expect(errand).toMatchObject({ errand: 'retire', guest: { name: 'w1' } })
  master.agent.send('errand', { id: errand.id, outcome: 'done' })
  while ((await showNode(controller, worker.node.id)).state !== 'REMOVED')
    await new Promise((done) => setTimeout(done, 20))
})

test('a node that must not leave stays, and says why', async () => {
  const [master, worker] = await pair()
  await admin('DELETE', `/v1/nodes/${worker.node.id}`)
  const errand = await errandOf(master)
  const error = { code: 'etcd/quorum', message: 'm2 is not healthy', fix: 'bring m2 back first' }
  master.agent.send('errand', { id: errand.id, outcome: 'failed', error })
  while ((await showNode(controller, worker.node.id)).error === null) await new Promise((done) => setTimeout(done, 20))
  expect(await showNode(controller, worker.node.id)).toMatchObject({ state: 'PROVISIONING', error })
})

test('the last master is not taken out of its cluster', async () => {
  const [master] = await pair()
  expect((await admin('DELETE', `/v1/nodes/${master.node.id}`)).json.code).toBe('node/in-use')
})

test('a node that has gone by itself leaves nothing in its cluster', async () => {
  const [master, worker] = await pair()
  expect((await call(controller.url, worker.node, 'POST', '/v1/node/leave', { stays: 'nothing' })).status).toBe(200)
  expect(await errandOf(master)).toMatchObject({ errand: 'retire', guest: { name: 'w1' } })
})
