import { afterEach, beforeEach, expect, it } from 'vitest'
import { DEFAULT_VERSIONS, versionSet } from '../../src/bundle/versions/sets.ts'
import type { ClusterView } from '../../src/protocol/api/clusters.ts'
import { CAPABILITIES } from '../../src/protocol/wire/capabilities.ts'
import { connectAgent, factsAt } from '../support/controller/agent.ts'
import { importTinyBundle } from '../support/controller/bundle.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'
import { type UpgradingAgents, upgradingAgents } from '../support/controller/upgrading-agents.ts'
import { wellReport } from '../support/controller/well-report.ts'
import { waitFor } from '../support/wait-for.ts'

const TO = 'v1.37.2'
const FROM = DEFAULT_VERSIONS.kubernetes
const MASTERS = ['m1', 'm2', 'm3']
const HELLO = { capabilities: [...CAPABILITIES] }

let scene: Scene
let enrolled: SceneNode[]
let agents: UpgradingAgents
/** The nodes that Kubernetes shows as not Ready. */
const down = new Set<string>()
const well = wellReport([...MASTERS, 'w1', 'w2'], MASTERS)

beforeEach(async () => {
  down.clear()
  scene = await openScene()
  scene.hello = HELLO
  const versions = versionSet(TO)
  if (versions) await importTinyBundle(scene.directory, { versions })
  const masters = MASTERS.map((name): [string, string[]] => [name, ['master']])
  enrolled = await scene.up(...masters, ['w1', ['worker']], ['w2', ['worker']])
  await scene.report(enrolled)
  agents = upgradingAgents(enrolled, MASTERS)
  expect((await show()).state).toBe('READY')
})
afterEach(() => scene.close())

const show = async (): Promise<ClusterView> => (await scene.admin('GET', '/v1/clusters/demo')).json
const upgrade = (...flags: string[]) => scene.cli('cluster', 'upgrade', 'demo', ...flags)
const start = (body: object = {}) => scene.admin('POST', '/v1/clusters/demo/upgrade', { to: TO, ...body })
const order = (what: 'pause' | 'resume' | 'cancel') => scene.admin('POST', `/v1/clusters/demo/upgrade/${what}`)
const runs = () =>
  agents.happened.filter((each) => /^(upgrade|add-ons) /.test(each)).map((each) => each.replace(` ${TO}`, ''))

/** Reports and ticks as time does, until it is so. */
async function until(what: string, isSo: (shown: ClusterView) => boolean): Promise<ClusterView> {
  let last: ClusterView | undefined
  const look = async () => {
    await scene.report(enrolled, { nodes: well.nodes.map((node) => ({ ...node, ready: !down.has(node.name) })) })
    scene.controller.tick()
    last = await show()
    return isSo(last) ? true : undefined
  }
  await waitFor(what, look, { withinMs: 15_000, everyMs: 30, details: () => JSON.stringify(last?.upgrade) })
  return last as ClusterView
}
const untilState = (state: string) => until(`the upgrade is ${state}`, ({ upgrade }) => upgrade?.state === state)

it('by the command: masters one by one with the leader of etcd last, drained workers, then the add-ons', async () => {
  const plan = await upgrade('--to', TO, '--dry-run')
  expect(plan.code).toBe(0)
  expect(plan.out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    [`From ${FROM}: ${TO}`],
    [''],
    ['NODE', 'ROLE', 'NOW', 'WHEN', 'DRAINED'],
    ...MASTERS.map((name) => [name, 'master', FROM, 'masters, one by one', 'no']),
    ['w1', 'worker', FROM, 'wave 1', 'yes'],
    ['w2', 'worker', FROM, 'wave 2', 'yes'],
    [''],
  ])
  expect(agents.happened).toEqual([])
  const begun = await upgrade('--to', TO, '--yes', '--max-unavailable', '2')
  expect([begun.code, begun.err]).toEqual([0, ''])
  expect(begun.out).toBe(
    `to ${TO}: running, 0 of 5 nodes, waiting for a master to check the cluster\nFollow it: controller cluster watch demo\n`,
  )
  expect((await scene.admin('POST', '/v1/clusters/demo/provision')).json.code).toBe('upgrade/active')
  await untilState('done')
  const drains = ['cordon-and-drain w1', 'cordon-and-drain w2']
  const { happened } = agents
  expect(happened.slice(0, 4)).toEqual([`upgrade m2 ${TO}`, `upgrade m3 ${TO}`, 'move-leader m2', `upgrade m1 ${TO}`])
  expect(happened.slice(4, 6).sort()).toEqual(drains)
  expect(happened.slice(6, -1).sort()).toEqual(['uncordon w1', 'uncordon w2', `upgrade w1 ${TO}`, `upgrade w2 ${TO}`])
  expect(happened.at(-1)).toBe(`add-ons m1 ${TO}`)
  const shown = await until('READY', ({ state }) => state === 'READY')
  expect(shown.upgrade).toMatchObject({ state: 'done', done: 5, of: 5, error: null, waitingFor: null })
  expect((await start()).json).toMatchObject({ code: 'upgrade/version' })
})

it('no other node begins while it is paused; resume goes on, after a restart of the controller too', async () => {
  agents.held.add('m2')
  await start()
  await until('m2 runs', ({ nodes }) => nodes[1]?.step === 'upgrade: starting')
  await order('pause')
  agents.held.clear()
  const shown = await until('the run of m2 is done', ({ upgrade }) => upgrade?.nodes[1]?.phase === 'done')
  expect(shown).toMatchObject({ state: 'PROVISIONING', waitingFor: 'a person to resume or cancel the upgrade' })
  for (let count = 0; count < 5; count++) await until('time passes', () => true)
  expect(runs()).toEqual(['upgrade m2'])
  await scene.restart()
  for (const [at, node] of enrolled.entries()) {
    const agent = await connectAgent(
      scene.controller,
      node.node,
      node.agent.lastSeq,
      factsAt(`10.0.0.${at + 1}`),
      HELLO,
    )
    agents.serve(node, agent)
  }
  expect((await show()).upgrade?.state).toBe('paused')
  await order('resume')
  await untilState('done')
  expect(runs()).toEqual(['upgrade m2', 'upgrade m3', 'upgrade m1', 'upgrade w1', 'upgrade w2', 'add-ons m1'])
})

it('a run that fails stops the wave; resume tries it again', async () => {
  agents.failing.add('w1')
  await start()
  const shown = await untilState('failed')
  expect(shown.upgrade?.error?.message).toBe('w1 failed')
  expect(shown.upgrade?.error?.fix).toContain('controller cluster upgrade demo --resume')
  expect((await until('DEGRADED', ({ state }) => state === 'DEGRADED')).problems.map(({ code }) => code)).toContain(
    'upgrade/failed',
  )
  expect(runs()).toEqual(['upgrade m2', 'upgrade m3', 'upgrade m1', 'upgrade w1'])
  expect(agents.happened).not.toContain('uncordon w1')
  agents.failing.clear()
  await order('resume')
  await untilState('done')
  expect(runs().slice(3)).toEqual(['upgrade w1', 'upgrade w1', 'upgrade w2', 'add-ons m1'])
  expect((await until('READY', ({ state }) => state === 'READY')).problems).toEqual([])
})

it('cancel ends it where it is: a run goes on to its end, and its node is uncordoned', async () => {
  agents.held.add('w1')
  await start()
  await until('w1 runs', () => runs().includes('upgrade w1'))
  await order('cancel')
  expect((await show()).upgrade?.state).toBe('cancelling')
  expect(agents.happened).not.toContain('uncordon w1')
  agents.held.clear()
  await untilState('cancelled')
  expect(agents.happened.at(-1)).toBe('uncordon w1')
  const { settings, state } = await until('READY', (each) => each.state === 'READY')
  expect([settings.kubernetesVersion, state]).toEqual([TO, 'READY'])
  // What is left is done by another upgrade.
  await start()
  await untilState('done')
  expect(runs().slice(3)).toEqual(['upgrade w1', 'upgrade w2', 'add-ons m1'])
})

it('a silent worker is passed over, stays due, and is upgraded when it is back', async () => {
  const [, , , silent] = enrolled
  if (!silent) throw new Error('there is no w1')
  silent.agent.socket.terminate()
  scene.aheadMs += 121_000
  down.add('w1')
  for (const { agent } of enrolled) if (agent !== silent.agent) agent.send('ack', {})
  await until('w1 is silent', ({ nodes }) => nodes.filter(({ state }) => state === 'UNREACHABLE').length === 1)
  await start()
  const late = await until('it waits for w1', ({ upgrade }) => upgrade?.waitingFor === 'node w1 to be connected')
  expect(runs()).toEqual(['upgrade m2', 'upgrade m3', 'upgrade m1', 'upgrade w2', 'add-ons m1'])
  expect(late.upgrade).toMatchObject({ state: 'running', done: 4, of: 5 })
  agents.serve(
    silent,
    await connectAgent(scene.controller, silent.node, silent.agent.lastSeq, factsAt('10.0.0.4'), HELLO),
  )
  down.clear()
  await untilState('done')
  expect(runs().at(-1)).toBe('upgrade w1')
})

it('a drain that a budget blocks stops the upgrade with the pod and the budget; cancel uncordons the node', async () => {
  const pods = [{ namespace: 'shop', name: 'cart-0', budgets: ['cart'], reason: 'needs 1 healthy pods' }]
  let isPastDeadline = false
  agents.answer = (operation) =>
    operation.operation === 'cordon-and-drain'
      ? { outcome: 'not-yet', waitingFor: 'pod shop/cart-0 to move', blocked: { pods, isPastDeadline } }
      : undefined
  await start({ drainSeconds: 60 })
  const waiting = await until('the drain', ({ upgrade }) => upgrade?.nodes[3]?.waitingFor === 'pod shop/cart-0 to move')
  expect(waiting.upgrade?.state).toBe('running')
  expect(waiting.nodes[3]?.step).toBe('upgrade: waiting for pod shop/cart-0 to move')
  isPastDeadline = true
  const { upgrade: failed } = await untilState('failed')
  expect(failed?.error).toMatchObject({
    code: 'upgrade/drain-blocked',
    message: 'node w1 cannot be drained in time: pod shop/cart-0, which cart protects: needs 1 healthy pods',
  })
  await order('cancel')
  await untilState('cancelled')
  expect(agents.happened).toEqual([
    `upgrade m2 ${TO}`,
    `upgrade m3 ${TO}`,
    'move-leader m2',
    `upgrade m1 ${TO}`,
    'uncordon w1',
  ])
})

it('what a master finds stops the upgrade before its first node, and the plan tells it', async () => {
  const finding = {
    level: 'blocks',
    code: 'upgrade/removed-api',
    message: 'clients request flowschemas',
    fix: 'move them',
  } as const
  agents.answer = ({ operation }) =>
    operation === 'check-upgrade' ? { outcome: 'done', findings: [finding] } : undefined
  const plan = await upgrade('--to', TO, '--dry-run')
  expect([plan.code, plan.out]).toEqual([
    3,
    expect.stringContaining('[!] clients request flowschemas\n    fix: move them\n'),
  ])
  await start()
  expect((await untilState('failed')).upgrade?.error).toMatchObject({ code: 'upgrade/removed-api' })
  expect(agents.happened).toEqual([])
  const missing = await start({ to: 'v1.39.1' })
  expect(missing.json.code).toBe('upgrade/active')
  await order('cancel')
  await untilState('cancelled')
  expect((await start({ to: 'v1.39.1' })).json).toMatchObject({ code: 'bundle/none' })
})

it('groups of workers by a label: the plan names them, and one is finished before the next one begins', async () => {
  agents.labels.set('w1', 'south').set('w2', 'north')
  const grouped = ['--to', TO, '--max-unavailable', '2', '--group-by', 'topology.kubernetes.io/zone']
  const plan = await upgrade(...grouped, '--dry-run')
  const workers = plan.out.split('\n').flatMap((line) => (line.startsWith('w') ? [line.split(/ {2,}/)] : []))
  expect(workers).toEqual([
    ['w2', 'worker', FROM, 'wave 1, north', 'yes'],
    ['w1', 'worker', FROM, 'wave 2, south', 'yes'],
  ])
  expect((await upgrade(...grouped, '--yes')).code).toBe(0)
  await untilState('done')
  expect(agents.happened.slice(4)).toEqual([
    ...['cordon-and-drain w2', `upgrade w2 ${TO}`, 'uncordon w2'],
    ...['cordon-and-drain w1', `upgrade w1 ${TO}`, 'uncordon w1', `add-ons m1 ${TO}`],
  ])
})

it('without a master that knows the labels, no groups are made up', async () => {
  agents.answer = ({ operation }) =>
    operation === 'node-labels' ? { outcome: 'not-yet', waitingFor: 'the API server' } : undefined
  const refused = (await start({ groupBy: 'zone' })).json
  expect({ code: refused.code, message: refused.detail }).toEqual({
    code: 'upgrade/not-ready',
    message: 'the labels of the nodes are unknown: it waits for the API server',
  })
  expect((await show()).upgrade).toBeNull()
})
