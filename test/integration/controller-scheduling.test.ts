/** People cordon, drain and uncordon nodes through a real controller, whose master carries the operations out at a fake API server. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SILENT_MS } from '../../src/controller/domain/problems/problems.ts'
import { carryOutOperation, type OperationInCluster } from '../../src/operations/carry-out.ts'
import { CORDON_ANNOTATION } from '../../src/operations/drain/cordon.ts'
import type { NodeView } from '../../src/protocol/api/nodes.ts'
import type { AuditEntry } from '../../src/protocol/audit/entry.ts'
import { CAPABILITIES } from '../../src/protocol/wire/capabilities.ts'
import { Operation } from '../../src/protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../src/protocol/wire/released-names.ts'
import { connectAgent, factsAt } from '../support/controller/agent.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'
import { type FakeApi, fakeApi } from '../support/fake-api.ts'
import { fakeHost } from '../support/fake-host.ts'

let scene: Scene
let api: FakeApi
let master: SceneNode
beforeEach(async () => {
  scene = await openScene()
  const [first] = await scene.up(['m1', ['master']], ['w1', ['worker']])
  if (!first) throw new Error('no master')
  master = await working(first)
})
afterEach(() => scene.close())

/** Connects it again, with an agent that carries operations out. */
async function working({ node, agent: before }: SceneNode): Promise<SceneNode> {
  before.socket.terminate()
  await before.closed
  const host = fakeHost({ now: new Date() })
  api = fakeApi(host, ['m1', 'w1'])
  const agent = await connectAgent(scene.controller, node, 1, factsAt('10.0.0.1'), { capabilities: [...CAPABILITIES] })
  agent.socket.on('frame', async () => {
    const at = agent.received.findIndex(({ t }) => t === OPERATION_FRAME)
    const [frame] = at < 0 ? [] : agent.received.splice(at, 1)
    if (frame?.t !== OPERATION_FRAME) return
    host.clock.nowMs = Date.now()
    const operation = Operation.parse(JSON.parse(frame.body.payload)) as OperationInCluster
    agent.send(OPERATION_FRAME, await carryOutOperation(host.machine, operation))
  })
  return { node, agent }
}

const acts = async () => {
  const { entries } = (await scene.admin('GET', '/v1/audit?node=w1')).json as { entries: AuditEntry[] }
  return entries
    .filter(({ action }) => /^(cordon|uncordon|drain)Node$/.test(action))
    .map(({ action, outcome }) => `${action} ${outcome}`)
}

test("a person's cordon is not undone by an upgrade; uncordon ends it", async () => {
  expect(await scene.cli('node', 'cordon', 'w1')).toMatchObject({ code: 0, out: 'Node w1 is cordoned.\n', err: '' })
  expect(api.nodes.get('w1')).toMatchObject({ unschedulable: true, annotations: {} })
  const json = await scene.cli('node', 'uncordon', 'w1', '-o', 'json')
  expect([json.code, JSON.parse(json.out)]).toEqual([0, { node: 'w1', isCordoned: false }])
  expect(api.nodes.get('w1')).toMatchObject({ unschedulable: false })
  // As an upgrade cordons it; then the person wants it to stay.
  Object.assign(api.nodes.get('w1') ?? {}, { unschedulable: true, annotations: { [CORDON_ANNOTATION]: 'true' } })
  expect((await scene.cli('node', 'cordon', 'w1')).code).toBe(0)
  expect(api.nodes.get('w1')).toMatchObject({ unschedulable: true, annotations: {} })
  const of = (action: string) => ['begun', 'done'].map((outcome) => `${action} ${outcome}`)
  expect(await acts()).toEqual([...of('cordonNode'), ...of('uncordonNode'), ...of('cordonNode')])
})

test('a cordoned node is shown as such while the operator reports, and one of an earlier operator is not', async () => {
  const nodes = (unschedulable?: boolean) =>
    ['m1', 'w1'].map((name) => ({
      ...{ name, ready: true, kubeletVersion: '' },
      ...(unschedulable !== undefined && { unschedulable: unschedulable && name === 'w1' }),
    }))
  const shown = async () => {
    const { items } = (await scene.admin('GET', '/v1/nodes?sort=name')).json as { items: NodeView[] }
    return items.map(({ isCordoned }) => isCordoned)
  }
  await scene.report([master], { nodes: nodes() })
  expect(await shown()).toEqual([null, null])
  await scene.report([master], { nodes: nodes(false) })
  expect(await shown()).toEqual([false, false])
  await scene.report([master], { nodes: nodes(true) })
  expect(await shown()).toEqual([false, true])
  expect((await scene.cli('node', 'list')).out).toMatch(/^w1 +demo +[A-Z]+,cordoned +worker /m)
  expect((await scene.cli('node', 'list')).out).not.toMatch(/^m1 .*cordoned/m)
  expect((await scene.cli('node', 'show', 'w1')).out).toMatch(/^State: +[A-Z]+, cordoned\b/m)
  expect((await scene.cli('cluster', 'show', 'demo')).out).toMatch(/^w1 +[A-Z]+,cordoned +worker /m)
  scene.aheadMs += SILENT_MS
  expect(await shown()).toEqual([null, null])
}, 60_000)

test('a drain moves pods, says what holds it, and is one act', async () => {
  api.pods.push({ name: 'web', node: 'w1', owner: 'ReplicaSet', graceSeconds: 0 })
  expect(await scene.cli('node', 'drain', 'w1')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/Node w1 is drained\.\n$/),
  })
  expect(api.nodes.get('w1')).toMatchObject({ unschedulable: true, annotations: {} })
  expect(api.pods).toEqual([])
  api.pods.push({ name: 'db', node: 'w1', owner: 'StatefulSet', labels: { app: 'db' } })
  api.budgets.push({ name: 'db', selector: { matchLabels: { app: 'db' } }, pods: ['db'], allowed: 0 })
  const blocked = await scene.cli('node', 'drain', 'w1', '--timeout', '1s')
  expect(blocked).toMatchObject({ code: 4 })
  expect(blocked.err).toMatch(/node w1 was not drained in time: pod default\/db, which db protects: /)
  expect(blocked.err).toMatch(/\(node\/drain-blocked\)\n.*fix: .*controller node uncordon w1/)
  const skipped = await scene.cli('node', 'drain', 'w1', '--timeout', '1s', '--on-blocked', 'skip', '-o', 'json')
  expect(JSON.parse(skipped.out)).toMatchObject({ isDone: true, held: [{ name: 'db', budgets: ['db'] }] })
  expect(await acts()).toEqual(Array.from({ length: 6 }, (_, at) => `drainNode ${at % 2 === 0 ? 'begun' : 'done'}`))
}, 60_000)

test('two people who drain one node with different deadlines drain it together, and each is one act', async () => {
  api.pods.push({ name: 'db', node: 'w1', owner: 'StatefulSet', labels: { app: 'db' } })
  api.budgets.push({ name: 'db', selector: { matchLabels: { app: 'db' } }, pods: ['db'], allowed: 0 })
  const { json: shown } = await scene.admin('GET', '/v1/nodes')
  const { id } = shown.items.find(({ name }: { name: string }) => name === 'w1')
  const drain = async (minutes: number) => {
    const deadline = new Date(Date.parse('2100-01-01T00:00:00.000Z') + minutes * 60_000).toISOString()
    const { json } = await scene.admin('POST', `/v1/nodes/${id}/drain`, { seconds: 60, onBlocked: 'wait', deadline })
    expect(json).toMatchObject({ isDone: false, deadline })
  }
  for (const minutes of [10, 30, 10, 30]) await drain(minutes)
  expect(await acts()).toEqual(Array.from({ length: 4 }, (_, at) => `drainNode ${at % 2 === 0 ? 'begun' : 'done'}`))
}, 60_000)

test('a node that the cluster does not have, no master, and an agent that is too old are each one error', async () => {
  api.nodes.delete('w1')
  const gone = await scene.cli('node', 'cordon', 'w1')
  expect([gone.code, gone.err]).toEqual([7, expect.stringContaining('(node/not-in-cluster)')])
  master.agent.socket.terminate()
  await master.agent.closed
  const away = await scene.cli('node', 'drain', 'w1')
  expect([away.code, away.err]).toEqual([6, expect.stringContaining('no master of cluster demo is connected')])
  await connectAgent(scene.controller, master.node, 1, factsAt('10.0.0.1'))
  const old = await scene.cli('node', 'uncordon', 'w1')
  expect(old.err).toContain('(agent/update-needed)')
}, 60_000)
