import { afterEach, beforeEach, expect, test } from 'vitest'
import { OPERATION_FRAME } from '../../src/protocol/wire/released-names.ts'
import { connectAgent } from '../support/controller/agent.ts'
import { call } from '../support/controller/client.ts'
import { openScene, operationOf, type Scene, type SceneNode } from '../support/controller/scene.ts'

let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

const PAIR: [string, string[]][] = [
  ['m1', ['master']],
  ['w1', ['worker']],
]
const pods = { outcome: 'not-yet', waitingFor: 'pods of w1 to move to other nodes' } as const
const remove = ({ node }: SceneNode, query = '') => scene.admin('DELETE', `/v1/nodes/${node.id}${query}`)
/** The next periodic pass over all nodes retries failed removals after a pause. */
async function lookAgain(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 2_100))
  scene.controller.tick()
}
const noInstruction = ({ agent }: SceneNode) => expect(agent.received.filter(({ t }) => t === 'instruct')).toEqual([])

test('a node is removed from its cluster first, then Kubernetes is removed from its machine', async () => {
  const [master, worker] = (await scene.up(...PAIR)) as [SceneNode, SceneNode]
  await scene.admin('DELETE', `/v1/nodes/${worker.node.id}`)
  const operation = await operationOf(master)
  expect(operation).toMatchObject({ operation: 'retire', target: { name: 'w1', role: 'worker' } })
  expect((await scene.show(worker)).step).toMatch(/^being removed, waiting for a master/)
  master.agent.send(OPERATION_FRAME, { id: operation.id, outcome: 'done' })
  const { role, run } = await worker.agent.instruction()
  expect(role).toBe('reset')
  worker.agent.send('result', { run, outcome: 'done' }, 2)
  expect(await worker.agent.closed).toBe(4403)
  expect((await scene.show(worker)).state).toBe('REMOVED')
})

test('a node that died during its run can be removed', async () => {
  const [master, worker] = [await scene.enrolled('m1', ['master']), await scene.enrolled('w1', ['worker'])]
  const [first] = await scene.provision(master, worker)
  master.agent.send('result', { run: first?.run ?? '', outcome: 'done' }, 1)
  await master.agent.next('ack')
  worker.agent.socket.terminate()
  await worker.agent.closed
  await scene.admin('DELETE', `/v1/nodes/${worker.node.id}`)
  expect((await scene.show(worker)).step).toBe('being removed, waiting for its run to end')
  scene.aheadMs = 200_000
  master.agent.send('ack', {})
  scene.controller.tick()
  const operation = await operationOf(master)
  expect(operation).toMatchObject({ operation: 'retire', target: { name: 'w1' } })
  master.agent.send(OPERATION_FRAME, { id: operation.id, outcome: 'done' })
  await scene.shows(worker, 'REMOVED', ({ state }) => state === 'REMOVED')
})

test('a node that must not leave stays, with the reason', async () => {
  const [master, worker] = (await scene.up(...PAIR)) as [SceneNode, SceneNode]
  await scene.admin('DELETE', `/v1/nodes/${worker.node.id}`)
  const operation = await operationOf(master)
  const error = { code: 'etcd/quorum', message: 'm2 is not healthy', fix: 'bring m2 back first' }
  master.agent.send(OPERATION_FRAME, { id: operation.id, outcome: 'failed', error })
  await scene.shows(worker, 'an error', ({ error }) => error !== null)
  expect(await scene.show(worker)).toMatchObject({ state: 'PROVISIONING', error })
})

test('the last master is not removed from its cluster', async () => {
  const [master] = (await scene.up(...PAIR)) as [SceneNode, SceneNode]
  expect((await scene.admin('DELETE', `/v1/nodes/${master.node.id}`)).json.code).toBe('node/in-use')
})

test('a node that was uninstalled locally is removed from its cluster', async () => {
  const [master, worker] = (await scene.up(...PAIR)) as [SceneNode, SceneNode]
  const answer = await call(scene.controller.url, worker.node, 'POST', '/v1/node/leave', { stays: 'nothing' })
  expect(answer.status).toBe(200)
  expect(await operationOf(master)).toMatchObject({ operation: 'retire', target: { name: 'w1' } })
})

test('a node that comes back after a forced removal starts once its old Node object and etcd member are removed', async () => {
  const [master, worker] = (await scene.up(...PAIR)) as [SceneNode, SceneNode]
  await remove(worker, '?force=1')
  const first = await operationOf(master)
  const back = await scene.enrolled('w1', ['worker'])
  await scene.provision()
  master.agent.send(OPERATION_FRAME, { id: first.id, ...pods })
  const step = `waiting for the removal of the former node w1 (10.0.0.2), which waits for ${pods.waitingFor}`
  await scene.shows(back, step, (shown) => shown.step === step)
  noInstruction(back)
  await lookAgain()
  master.agent.send(OPERATION_FRAME, { id: (await operationOf(master)).id, outcome: 'done' })
  expect((await back.agent.instruction()).role).toBe('worker')
  scene.controller.tick()
  expect(master.agent.received.filter(({ t }) => t === OPERATION_FRAME)).toEqual([])
})

test('a node after `agent reset` starts once its old Node object and etcd member are removed', async () => {
  const [master, worker] = (await scene.up(...PAIR)) as [SceneNode, SceneNode]
  worker.agent.send('reset', {}, 2)
  const operation = await operationOf(master)
  expect(operation).toMatchObject({ operation: 'retire', target: { name: 'w1', role: 'worker' } })
  await scene.admin('POST', `/v1/nodes/${worker.node.id}/approve`)
  await scene.admin('POST', `/v1/nodes/${worker.node.id}/configure`, { roles: ['worker'] })
  await scene.provision()
  noInstruction(worker)
  master.agent.send(OPERATION_FRAME, { id: operation.id, outcome: 'done' })
  expect((await worker.agent.instruction()).role).toBe('worker')
})

test('the etcd member of a dead master is removed when another machine takes its name, also after a restart', async () => {
  const three: [string, string[]][] = ['m1', 'm2', 'm3'].map((name) => [name, ['master']])
  const [m1, m2, m3] = (await scene.up(...three)) as [SceneNode, SceneNode, SceneNode]
  for (const { agent } of [m1, m2, m3]) {
    agent.socket.terminate()
    await agent.closed
  }
  // No master is connected when it is approved.
  scene.aheadMs += 121_000
  const back = await scene.enrolled('m3', ['master'], undefined, m3)
  await scene.provision()
  noInstruction(back)
  await scene.restart()
  const master: SceneNode = { node: m1.node, agent: await connectAgent(scene.controller, m1.node, m1.agent.lastSeq) }
  await lookAgain()
  const operation = await operationOf(master)
  expect(operation).toMatchObject({ operation: 'retire', target: { name: 'm3', address: '10.0.0.3', role: 'master' } })
  master.agent.send(OPERATION_FRAME, { id: operation.id, outcome: 'done' })
  const again = await connectAgent(scene.controller, back.node)
  expect((await again.instruction()).role).toBe('master')
})

test('if one master cannot do an operation, another one does it', async () => {
  const [m1, m2, , worker] = (await scene.up(
    ['m1', ['master']],
    ['m2', ['master']],
    ['m3', ['master']],
    ['w1', ['worker']],
  )) as [SceneNode, SceneNode, SceneNode, SceneNode]
  await remove(worker)
  const error = { code: 'operation/x', message: 'no', fix: 'agent logs on that master' }
  m1.agent.send(OPERATION_FRAME, { id: (await operationOf(m1)).id, outcome: 'failed', error })
  m2.agent.send(OPERATION_FRAME, { id: (await operationOf(m2)).id, outcome: 'done' })
  expect((await worker.agent.instruction()).role).toBe('reset')
})
