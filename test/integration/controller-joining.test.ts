import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULT_VERSIONS } from '../../src/bundle/versions/sets.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import type { ClusterHealth, ClusterPlan } from '../../src/protocol/api/clusters.ts'
import type { RunEvent } from '../../src/protocol/wire/event.ts'
import type { Instruction } from '../../src/protocol/wire/instruction.ts'
import { OPERATION_FRAME } from '../../src/protocol/wire/released-names.ts'
import { call, type EnrolledNode } from '../support/controller/client.ts'
import { openScene, operationOf, type Scene, type SceneNode } from '../support/controller/scene.ts'

let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

const at = '2026-01-01T00:00:00.000Z'
const opened: RunEvent = { kind: 'step-done', at, step: 'cluster-config/bind-rights', ms: 1 }
const invitation = (node: EnrolledNode, waitMs = 0) =>
  call(scene.controller.url, node, 'POST', `/v1/node/invitation?waitMs=${waitMs}`, { sealTo: KEY })
const KEY = Buffer.alloc(32, 7).toString('base64')

test('the first master invites a worker once its API is up, and only the worker can read the invitation', async () => {
  const [master, worker] = [await scene.enrolled('m1', ['master']), await scene.enrolled('w1', ['worker'])]
  const [first, second] = await scene.provision(master, worker)
  expect([first?.role, second?.role]).toEqual(['first-master', 'worker'])
  expect((await invitation(worker.node)).json).toEqual({ waitingFor: 'master m1' })

  const asked = invitation(worker.node, 10_000)
  master.agent.event(1, first?.run ?? '', opened)
  const operation = await operationOf(master)
  expect(operation).toMatchObject({
    operation: 'invite',
    node: master.node.id,
    sealTo: KEY,
    target: { name: 'w1', role: 'worker' },
  })
  master.agent.send(OPERATION_FRAME, { id: operation.id, outcome: 'done', sealed: 'c2VhbGVk' })
  expect(await asked).toMatchObject({ status: 200, json: { sealed: 'c2VhbGVk' } })
})

test('an answer from another node is ignored', async () => {
  const [master, worker] = [await scene.enrolled('m1', ['master']), await scene.enrolled('w1', ['worker'])]
  const [first] = await scene.provision(master, worker)
  master.agent.event(1, first?.run ?? '', opened)
  const asked = invitation(worker.node, 10_000)
  const operation = await operationOf(master)
  worker.agent.send(OPERATION_FRAME, { id: operation.id, outcome: 'done', sealed: 'Zm9yZ2Vk' })
  await scene.show(worker)
  const error = { code: 'x/failed', message: 'no', fix: 'repair it' }
  master.agent.send(OPERATION_FRAME, { id: operation.id, outcome: 'failed', error })
  expect(await asked).toMatchObject({ json: { code: 'x/failed', message: 'master m1: no', fix: 'repair it' } })
})

test('masters that ask at the same time are admitted one after another', async () => {
  const masters = [
    await scene.enrolled('m1', ['master']),
    await scene.enrolled('m2', ['master']),
    await scene.enrolled('m3', ['master']),
  ]
  const [m1, m2, m3] = masters as [SceneNode, SceneNode, SceneNode]
  const [first] = await scene.provision(m1, m2, m3)
  const asked = [invitation(m2.node, 10_000), invitation(m3.node, 500)]
  m1.agent.send('result', { run: first?.run ?? '', outcome: 'done' }, 1)
  const operation = await operationOf(m1)
  m1.agent.send(OPERATION_FRAME, { id: operation.id, outcome: 'done', sealed: 'c2VhbGVk' })
  const answers = await Promise.all(asked)
  const [invited, waiting] = answers.map(({ status }) => status)
  expect([invited, waiting].sort()).toEqual([200, 202])
  expect(answers.find(({ status }) => status === 202)?.json.waitingFor).toMatch(/^master m[23] to join first$/)
})

test('a master joins while the first one goes on, and the next one as soon as it has a vote', async () => {
  const masters = [
    await scene.enrolled('m1', ['master']),
    await scene.enrolled('m2', ['master']),
    await scene.enrolled('m3', ['master']),
  ]
  const [m1, m2, m3] = masters as [SceneNode, SceneNode, SceneNode]
  const [first, second] = await scene.provision(m1, m2, m3)
  const invited = async ({ node }: SceneNode) => {
    const asked = invitation(node, 10_000)
    const operation = await operationOf(m1)
    m1.agent.send(OPERATION_FRAME, { id: operation.id, outcome: 'done', sealed: 'c2VhbGVk' })
    return (await asked).status
  }
  expect((await invitation(m2.node)).json).toEqual({ waitingFor: 'master m1' })
  m1.agent.event(1, first?.run ?? '', opened)
  expect(await invited(m2)).toBe(200)
  expect((await invitation(m3.node)).json).toEqual({ waitingFor: 'master m2 to join first' })
  m2.agent.event(1, second?.run ?? '', { kind: 'step-done', at, step: 'etcd/promote', ms: 1, marks: 'has-vote' })
  expect(await invited(m3)).toBe(200)
})

test('shows what a node waits for: the master, and then its connection', async () => {
  const [master, worker] = [await scene.enrolled('m1', ['master']), await scene.enrolled('w1', ['worker'])]
  const [first, second] = await scene.provision(master, worker)
  const waitsFor = (wanted: string | null) =>
    scene.shows(worker, `waits for ${wanted}`, ({ waitingFor }) => waitingFor === wanted)
  expect((await scene.show(worker)).waitingFor).toBe('the node to acknowledge its instruction')
  const asking = { kind: 'step-started' as const, at, step: 'join/accept-invitation', title: 'Asking' }
  worker.agent.event(1, second?.run ?? '', asking)
  await waitsFor('master m1')
  expect((await scene.show(worker)).step).toBe('Asking (waiting for master m1)')
  master.agent.event(1, first?.run ?? '', opened)
  await waitsFor(null)
  master.agent.socket.terminate()
  await waitsFor('master m1 to be connected')
})

type Placed = Exclude<Instruction, { role: 'reset' }>

test('if the first master is gone, the next one provides the API address, and waiting nodes get it', async () => {
  const [master, worker] = [await scene.enrolled('m1', ['master']), await scene.enrolled('w1', ['worker'])]
  const [first, waits] = (await scene.provision(master, worker)) as [Placed, Placed]
  expect([first, waits].map(({ params }) => params.cluster.endpoint)).toEqual(['10.0.0.1:6443', '10.0.0.1:6443'])
  await scene.admin('DELETE', `/v1/nodes/${master.node.id}?force=1`)
  const next = await scene.enrolled('m2', ['master'])
  const [started] = (await scene.provision(next)) as [Placed]
  expect([started.role, started.params.cluster.endpoint]).toEqual(['first-master', '10.0.0.3:6443'])
  expect((await worker.agent.next('cancel')).body.run).toBe(waits.run)
  worker.agent.send('result', { run: waits.run, outcome: 'cancelled' }, 1)
  const again = (await worker.agent.instruction()) as Placed
  expect([again.role, again.params.cluster.endpoint]).toEqual(['worker', '10.0.0.3:6443'])
})

test('a node without an instruction to join gets no invitation', async () => {
  const worker = await scene.enrolled('w1', ['worker'])
  expect(await invitation(worker.node)).toMatchObject({ status: 403, json: { code: 'invitation/not-due' } })
})

test('a master reports the health of etcd; without a master it is unknown', async () => {
  const health = async () => (await scene.admin('GET', '/v1/clusters/demo/health')).json as ClusterHealth
  expect((await health()).etcd).toBeNull()
  const master = await scene.enrolled('m1', ['master'])
  const [first] = await scene.provision(master)
  master.agent.send('result', { run: first?.run ?? '', outcome: 'done' }, 1)
  await master.agent.next('ack')
  scene.aheadMs += 10_000
  const looked = health()
  const operation = await operationOf(master)
  const etcd = [{ name: 'm1', isHealthy: true, isLearner: false }]
  master.agent.send(OPERATION_FRAME, { id: operation.id, outcome: 'done', etcd })
  expect((await looked).etcd).toEqual(etcd)
})

test('the report of the operator is current for 90 s', async () => {
  const health = async () => (await scene.admin('GET', '/v1/clusters/demo/health')).json as ClusterHealth
  expect(await health()).toMatchObject({ nodes: null, reportedAt: null, isCurrent: false })
  const { node } = await scene.enrolled('m1', ['master'])
  await scene.provision()
  const { privateKey } = createKeyPair()
  const order = { csr: buildCsr(privateKey, 'x') }
  const { certificate } = (await call(scene.controller.url, node, 'POST', '/v1/operator/certificate', order)).json
  const operator = { ca: node.ca, cert: certificate, key: keyToPem(privateKey) }
  const nodes = [{ name: 'm1', ready: true, kubeletVersion: DEFAULT_VERSIONS.kubernetes }]
  const report = { kubernetesVersion: DEFAULT_VERSIONS.kubernetes, nodes, pods: [], dns: true }
  expect((await call(scene.controller.url, operator, 'POST', '/v1/operator/report', report)).status).toBe(200)
  const reported = await health()
  expect(reported).toMatchObject({ nodes: [{ name: 'm1', ready: true }], isCurrent: true })
  scene.aheadMs += 60_000
  expect(await health()).toMatchObject({ reportedAt: reported.reportedAt, isCurrent: true })
  scene.aheadMs += 60_000
  expect(await health()).toMatchObject({ nodes: reported.nodes, reportedAt: reported.reportedAt, isCurrent: false })
})

test('a node that is configured later starts with the next provision, and a second master is rejected', async () => {
  await scene.up(['m1', ['master']], ['w1', ['worker']])
  const late = await scene.enrolled('m2', ['master'])
  expect(await scene.show(late)).toMatchObject({
    state: 'CONFIGURED',
    step: 'waiting for: controller cluster provision demo',
  })
  const plan = (await scene.admin('GET', '/v1/clusters/demo/plan')).json as ClusterPlan
  expect(plan.problems.map(({ code }) => code)).toEqual(['masters/even'])
  expect((await scene.admin('POST', '/v1/clusters/demo/provision')).json.code).toBe('masters/even')
  await scene.admin('POST', `/v1/nodes/${late.node.id}/configure`, { roles: ['worker'] })
  expect(late.agent.received.filter(({ t }) => t === 'instruct')).toEqual([])
  const [instruction] = await scene.provision(late)
  expect(instruction?.role).toBe('worker')
})
