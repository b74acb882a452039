import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ClusterView } from '../../src/protocol/api/clusters.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'

let scene: Scene
let enrolled: SceneNode[]

beforeEach(async () => {
  scene = await openScene()
  enrolled = await scene.up(['m1', ['master']], ['w1', ['worker']])
  await scene.report(enrolled)
  expect(await state()).toBe('READY')
})
afterEach(() => scene.close())

const show = async (): Promise<ClusterView> => (await scene.admin('GET', '/v1/clusters/demo')).json
const state = async () => (await show()).state
const messages = async () => (await show()).problems.map(({ message }) => message)

function later(ms: number): void {
  scene.aheadMs += ms
  scene.controller.tick()
}

it('a cluster whose DNS is down becomes DEGRADED with the reason, and READY again without a command', async () => {
  await scene.report(enrolled, { dns: false })
  expect(await state()).toBe('READY')
  later(14_000)
  expect(await state()).toBe('READY')
  later(2_000)
  expect(await state()).toBe('DEGRADED')
  expect(await messages()).toEqual(["the cluster's DNS does not answer"])
  await scene.restart()
  expect(await state()).toBe('DEGRADED')
  await scene.report(enrolled)
  expect(await state()).toBe('READY')
  const { events } = (await scene.admin('GET', '/v1/events?cluster=demo')).json
  const states = events.flatMap(({ event }: { event: { kind: string; state?: string } }) =>
    event.kind === 'cluster-state' ? [event.state] : [],
  )
  expect(states).toEqual(['PROVISIONING', 'READY', 'DEGRADED', 'READY'])
})

it('a cluster whose operator is silent becomes DEGRADED, but the downtime of the controller does not count', async () => {
  later(89_000)
  expect(await state()).toBe('READY')
  await scene.restart()
  later(89_000)
  expect(await show()).toMatchObject({ state: 'UNKNOWN', problems: [] })
  later(1_500)
  expect(await state()).toBe('DEGRADED')
  expect(await messages()).toContain('the operator does not report: the state of Kubernetes is unknown')
})

it('disk pressure and unschedulable pods are shown with the cluster and with the node', async () => {
  const since = new Date(Date.now() - 180_000).toISOString()
  const pressure = {
    type: 'DiskPressure',
    reason: 'KubeletHasDiskPressure',
    message: 'kubelet has disk pressure',
    since,
  }
  const why = { reason: 'Unschedulable', message: '0/2 nodes are available', since }
  const dns = 'coredns-7d764666f9-b5tvz'
  const pending = { namespace: 'kube-system', name: dns, node: '', ready: false, phase: 'Pending', restarts: 0, why }
  const well = (await import('../support/controller/well-report.ts')).wellReport(['m1', 'w1'], ['m1'])
  const theirs = { ...pending, name: 'metrics-server-7d764666f9-2kvh5' }
  await scene.report(enrolled, {
    nodes: well.nodes.map((node) => (node.name === 'w1' ? { ...node, unhealthy: [pressure] } : node)),
    pods: [...well.pods, pending, theirs],
  })
  expect(await state()).toBe('READY')
  later(61_000)
  const disk = 'node w1 has disk pressure: KubeletHasDiskPressure, kubelet has disk pressure'
  const pod = `pod kube-system/${dns} cannot be scheduled: Unschedulable, 0/2 nodes are available`
  expect(await messages()).toEqual([disk, pod])

  const shown = (await scene.cli('cluster', 'show', 'demo')).out
  expect(shown).toContain(`State:      DEGRADED: ${disk} (and 1 more)\n`)
  expect(shown).toMatch(new RegExp(`^\\[!\\] ${pod} \\(for 3m, seen \\d+s ago\\)$`, 'm'))
  expect(shown).toMatch(/^w1 .*DEGRADED .* Ready,DiskPressure$/m)
  expect((await scene.cli('cluster', 'list')).out).toMatch(new RegExp(`^demo +DEGRADED .*${disk}; ${pod}$`, 'm'))
  expect((await scene.cli('node', 'list')).out).toMatch(new RegExp(`^w1 +demo +DEGRADED .*${disk}$`, 'm'))
  const node = (await scene.cli('node', 'show', 'w1')).out
  expect(node).toContain(`[!] ${disk} (for `)
  expect(node).toMatch(/^State: {6}DEGRADED$/m)
  const json = JSON.parse((await scene.cli('cluster', 'show', 'demo', '-o', 'json')).out)
  expect(json.problems[0]).toMatchObject({ code: 'node/disk-pressure', node: 'w1', since })
  expect(json.health.nodes[1]).toEqual({ name: 'w1', ready: true, unhealthy: ['DiskPressure'] })

  const watched = await scene.cli('cluster', 'watch', 'demo', '--until', 'READY', '--timeout', '0.5')
  expect(watched).toMatchObject({
    code: 4,
    out: expect.stringContaining(`cluster demo is DEGRADED: ${disk} (and 1 more)`),
  })
  expect(watched.err).toContain(`cluster demo is DEGRADED: ${disk} (and 1 more); wanted READY`)
  expect(await scene.cli('cluster', 'watch', 'demo', '--until', 'DEGRADED')).toMatchObject({ code: 0 })
})

it('a disconnected agent is reported, and reports of an earlier operator are accepted', async () => {
  const [, worker] = enrolled
  worker?.agent.socket.terminate()
  later(121_000)
  await scene.report(enrolled)
  expect(await messages()).toContain('the agent on node w1 is not connected')
  expect((await show()).nodes.map((node) => node.state)).toContain('UNREACHABLE')
})
