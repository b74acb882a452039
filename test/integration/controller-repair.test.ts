import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ErrorReport } from '../../src/base/agent-error.ts'
import type { ClusterPlan, ClusterView } from '../../src/protocol/api/clusters.ts'
import type { Instruction } from '../../src/protocol/wire/instruction.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'

let scene: Scene
let enrolled: SceneNode[]

beforeEach(async () => {
  scene = await openScene()
  enrolled = await scene.up(['m1', ['master']], ['m2', ['master']], ['m3', ['master']], ['w1', ['worker']])
  await scene.report(enrolled)
  expect((await show()).state).toBe('READY')
})
afterEach(() => scene.close())

const show = async (): Promise<ClusterView> => (await scene.admin('GET', '/v1/clusters/demo')).json
const plan = async (): Promise<ClusterPlan> => (await scene.admin('GET', '/v1/clusters/demo/plan')).json
const provision = () => scene.admin('POST', '/v1/clusters/demo/provision')
const nodes = async () => (await show()).nodes.map(({ name, state, step }) => `${name} ${state} ${step}`)
const of = (at: number): SceneNode => enrolled[at] as SceneNode
/** The pending instruction of a node, or undefined. */
const wasInstructed = (at: number) => of(at).agent.received.some(({ t }) => t === 'instruct')

async function end(at: number, { run }: Instruction, outcome: 'done' | 'failed', message = ''): Promise<void> {
  const error = { code: 'step/failed', message, fix: 'look' }
  of(at).agent.send('result', { run, outcome, ...(outcome === 'failed' && { error }) }, 2)
  await of(at).agent.next('ack', (frame) => frame.ack === 2)
}

it('provision repairs a READY cluster: all workers at once, masters one at a time, and all stay READY', async () => {
  expect((await plan()).nodes.map(({ name, role, repair }) => `${name} ${role} ${repair}`)).toEqual([
    'm1 first-master true',
    'm2 master true',
    'm3 master true',
    'w1 worker true',
  ])
  await provision()
  const [first, worker] = await Promise.all([of(0).agent.instruction(), of(3).agent.instruction()])
  expect([first.role, worker.role]).toEqual(['first-master', 'worker'])
  expect(first).toMatchObject({ generation: 2, params: { node: { name: 'm1' } } })
  expect(await show()).toMatchObject({ state: 'PROVISIONING', waitingFor: 'the repair of m1, m2, m3, w1' })
  expect(await nodes()).toEqual([
    'm1 READY repair: waiting for the node to acknowledge its instruction',
    'm2 READY waiting for its turn to be repaired',
    'm3 READY waiting for its turn to be repaired',
    'w1 READY repair: waiting for the node to acknowledge its instruction',
  ])
  // Another request meanwhile changes nothing.
  await provision()
  expect((await plan()).nodes.every(({ role }) => role === null)).toBe(true)
  await end(3, worker, 'done')
  expect([wasInstructed(0), wasInstructed(1), wasInstructed(2), wasInstructed(3)]).toEqual([false, false, false, false])

  await end(0, first, 'done')
  const second = await of(1).agent.instruction()
  expect([second.role, wasInstructed(2)]).toEqual(['master', false])
  await end(1, second, 'done')
  await end(2, await of(2).agent.instruction(), 'done')
  expect((await show()).state).toBe('READY')
  expect(await nodes()).toEqual(['m1 READY null', 'm2 READY null', 'm3 READY null', 'w1 READY null'])
})

it('after a failed repair the node stays READY, the full reason is shown, and no other master starts', async () => {
  await provision()
  const journal = Array.from({ length: 40 }, (_, line) => `etcd[7]: line ${line} ${'x'.repeat(100)}`).join('\n')
  await end(0, await of(0).agent.instruction(), 'failed', `etcd.service failed\n${journal}`)
  await end(3, await of(3).agent.instruction(), 'done')
  const shown = await show()
  expect(shown.state).toBe('DEGRADED')
  expect(shown.problems.map(({ message }) => message)).toEqual([
    'the last repair of node m1 failed: etcd.service failed',
  ])
  expect((await scene.show(of(0))).error?.message).toBe(`etcd.service failed\n${journal}`)
  expect(wasInstructed(1)).toBe(false)

  await provision()
  const again = await of(0).agent.instruction()
  expect((await scene.show(of(0))).error).toBeNull()
  of(0).agent.send('result', { run: again.run, outcome: 'done' }, 3)
  await of(0).agent.next('ack', (frame) => frame.ack === 3)
  await end(1, await of(1).agent.instruction(), 'done')
  await end(2, await of(2).agent.instruction(), 'done')
  const last = await of(3).agent.instruction()
  of(3).agent.send('result', { run: last.run, outcome: 'done' }, 3)
  await of(3).agent.next('ack', (frame) => frame.ack === 3)
  expect((await show()).state).toBe('READY')
})

it('a new node of a healthy cluster is provisioned alone; in an unhealthy cluster the other nodes are repaired too', async () => {
  const w2 = await scene.enrolled('w2', ['worker'])
  await provision()
  const { run } = await w2.agent.instruction()
  expect([0, 1, 2, 3].some(wasInstructed)).toBe(false)
  w2.agent.send('result', { run, outcome: 'done' }, 1)
  await w2.agent.next('ack', (frame) => frame.ack === 1)
  await scene.report([...enrolled, w2], { dns: false })
  scene.aheadMs += 20_000
  scene.controller.tick()
  expect((await show()).state).toBe('DEGRADED')
  const w3 = await scene.enrolled('w3', ['worker'])
  await provision()
  const instructions = await Promise.all([w3, w2, of(0), of(3)].map(({ agent }) => agent.instruction()))
  expect(instructions.map(({ role }) => role)).toEqual(['worker', 'worker', 'first-master', 'worker'])
})

it('a disconnected node does not block others, and is repaired when it reconnects', async () => {
  of(3).agent.socket.terminate()
  scene.aheadMs += 121_000
  await waitForContact([0, 1, 2])
  scene.controller.tick()
  await provision()
  await end(0, await of(0).agent.instruction(), 'done')
  await end(1, await of(1).agent.instruction(), 'done')
  await end(2, await of(2).agent.instruction(), 'done')
  await scene.report(enrolled)
  const { state, problems } = await show()
  expect([state, problems.map(({ code }) => code)]).toEqual(['DEGRADED', ['node/unreachable']])
  const { connectAgent, factsAt } = await import('../support/controller/agent.ts')
  const back = await connectAgent(scene.controller, of(3).node, 1, factsAt('10.0.0.4'))
  expect((await back.instruction()).role).toBe('worker')
  expect((await scene.show(of(3))).state).toBe('READY')
})

/** The runs of the cluster, in the order of their instructions. */
async function stateEvents(): Promise<{ state: string; error?: ErrorReport }[]> {
  const { events } = (await scene.admin('GET', '/v1/events?cluster=demo')).json
  return events
    .map(({ event }: { event: object }) => event)
    .filter(({ kind }: { kind: string }) => kind === 'cluster-state')
}
const states = async () => (await stateEvents()).map(({ state }) => state)

it('a problem during repairs makes the cluster DEGRADED, and READY still waits for the repairs', async () => {
  const before = (await states()).length
  await provision()
  await scene.report(enrolled, { dns: false })
  scene.aheadMs += 16_000
  scene.controller.tick()
  expect(await show()).toMatchObject({ state: 'DEGRADED', waitingFor: 'the repair of m1, m2, m3, w1' })
  await scene.report(enrolled)
  expect(await show()).toMatchObject({ state: 'PROVISIONING', problems: [] })
  for (const at of [0, 1, 2, 3]) await end(at, await of(at).agent.instruction(), 'done')
  expect((await show()).state).toBe('READY')
  expect((await states()).slice(before)).toEqual(['PROVISIONING', 'DEGRADED', 'PROVISIONING', 'READY'])
})

it('a repair that does not end makes the cluster DEGRADED, is reported, and blocks the other masters', async () => {
  await provision()
  const [first, worker] = await Promise.all([of(0).agent.instruction(), of(3).agent.instruction()])
  of(0).agent.send('ack', {})
  await end(3, worker, 'done')
  await scene.shows(of(0), 'a repair', ({ step }) => step === 'repair: starting')
  scene.aheadMs += 59.5 * 60_000
  await waitForContact([0, 1, 2, 3])
  scene.controller.tick()
  await scene.report(enrolled)
  expect(await show()).toMatchObject({ state: 'PROVISIONING', problems: [] })
  scene.aheadMs += 30_000
  scene.controller.tick()
  const { state, problems, waitingFor } = await show()
  expect([state, problems.map(({ code, node }) => `${code} ${node}`)]).toEqual(['DEGRADED', ['repair/slow m1']])
  expect(waitingFor).toBe('the repair of m1, m2, m3')
  expect((await stateEvents()).at(-1)?.error?.fix).toBe(
    'see: controller cluster show demo; to see its progress: controller node logs m1; to restart it, on the node: systemctl restart cantrip-agent',
  )
  expect((await scene.show(of(0))).state).toBe('DEGRADED')
  expect([wasInstructed(1), wasInstructed(2)]).toEqual([false, false])
  await end(0, first, 'done')
  expect(await show()).toMatchObject({ state: 'PROVISIONING', problems: [] })
  await end(1, await of(1).agent.instruction(), 'done')
  await end(2, await of(2).agent.instruction(), 'done')
  expect((await show()).state).toBe('READY')
})

/** Advances the clock of the controller. */
async function waitForContact(them: number[]): Promise<void> {
  const nowMs = Date.now() + scene.aheadMs
  for (const at of them) {
    of(at).agent.send('ack', {})
    await scene.shows(of(at), 'seen now', ({ lastSeen }) => Date.parse(lastSeen ?? '') >= nowMs - 1_000)
  }
}

it('labels of one node are sent to it alone, with those of its cluster, and it stays READY', async () => {
  const { id } = of(3).node
  const label = (labels: object) => scene.admin('POST', `/v1/nodes/${id}/labels`, { labels })
  expect((await label({ rack: '7', 'example.org/line': 'a' })).json).toMatchObject({
    labels: { rack: '7', 'example.org/line': 'a' },
  })
  const first = await of(3).agent.instruction()
  expect(first).toMatchObject({ role: 'worker', params: { node: { labels: { rack: '7', 'example.org/line': 'a' } } } })
  expect([wasInstructed(0), wasInstructed(1), wasInstructed(2)]).toEqual([false, false, false])
  await end(3, first, 'done')
  expect((await show()).state).toBe('READY')
  // Nothing changes, so nothing is sent: the next instruction is that of the next change.
  await label({ rack: '7' })
  await label({ rack: null })
  expect(await of(3).agent.instruction()).toMatchObject({ params: { node: { labels: { 'example.org/line': 'a' } } } })
  const refused = await label({ 'node-role.kubernetes.io/worker': 'x' })
  expect(refused).toMatchObject({ status: 422, json: { code: 'labels/reserved' } })
})
