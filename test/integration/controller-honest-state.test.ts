/** A view shows nothing as good whose source has been silent for longer than its bound. The time of each change is measured. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ClusterHealth, ClusterView } from '../../src/protocol/api/clusters.ts'
import type { LogEntry, StateEvent } from '../../src/protocol/api/events.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'

let scene: Scene
let enrolled: SceneNode[]

beforeEach(async () => {
  scene = await openScene()
  enrolled = await scene.up(['m1', ['master']], ['w1', ['worker']])
  await scene.report(enrolled)
})
afterEach(() => scene.close())

interface Seen {
  cluster: ClusterView
  health: ClusterHealth
}

async function look(): Promise<Seen> {
  const cluster = (await scene.admin('GET', '/v1/clusters/demo')).json
  const health = (await scene.admin('GET', '/v1/clusters/demo/health')).json
  return { cluster, health }
}
/** So that nobody waits for its answer about etcd. */
async function masterLeaves(): Promise<void> {
  const [master] = enrolled
  if (!master) throw new Error('no master')
  master.agent.socket.terminate()
  await scene.shows(master, 'not connected', ({ connected }) => !connected)
}
const statesOf = async (kind: string): Promise<StateEvent[]> =>
  (await scene.admin('GET', '/v1/events?cluster=demo')).json.events.flatMap(({ event }: LogEntry) =>
    event.kind === kind ? [event] : [],
  )
const worker = ({ cluster }: Seen) => cluster.nodes.find(({ name }) => name === 'w1')

/** What is said, and until when it may be said after its source is dead. */
const STATEMENTS: [statement: string, isSaid: (seen: Seen) => boolean, boundMs: number][] = [
  ['the cluster is READY', ({ cluster }) => cluster.state === 'READY', 90_000],
  ["the operator's report is current", ({ health }) => health.isCurrent, 90_000],
  ['the node is READY', (seen) => worker(seen)?.state === 'READY', 75_000],
  ['the node is connected', (seen) => worker(seen)?.connected === true, 75_000],
]

/** Every source stops at once: agents and operator are silent, as if the network were cut. No frame closes the sessions. */
test.each([
  ['while the controller runs', masterLeaves],
  ['while the controller is down, and starts at once', () => scene.restart()],
])('each statement ends with its bound, %s', async (_, meanwhile) => {
  await meanwhile()
  const lastSaidMs = new Map<string, number>()
  const startMs = scene.aheadMs
  for (let ms = 0; ms <= 130_000; ms += 5_000) {
    scene.aheadMs = startMs + ms
    await scene.controller.tick()
    const seen = await look()
    for (const [statement, isSaid] of STATEMENTS) if (isSaid(seen)) lastSaidMs.set(statement, ms)
  }
  for (const [statement, , boundMs] of STATEMENTS) {
    const said = lastSaidMs.get(statement) ?? 0
    expect([statement, said < boundMs], `${statement}: said until ${said} ms`).toEqual([statement, true])
    if (statement.endsWith('READY')) expect(said).toBeGreaterThanOrEqual(boundMs - 15_000)
  }
})

test('a controller that was down for minutes says since when the state is unknown, and blames nobody for it', async () => {
  await masterLeaves()
  const before = await look()
  scene.aheadMs += 400_000
  await scene.restart()
  const { cluster } = await look()
  expect(cluster).toMatchObject({ state: 'UNKNOWN', unknownSince: before.health.reportedAt, problems: [] })
  expect(cluster.nodes.map(({ state, connected }) => [state, connected])).toEqual([
    ['UNKNOWN', false],
    ['UNKNOWN', false],
  ])
  expect((await scene.cli('cluster', 'show', 'demo')).out).toMatch(/^State: +UNKNOWN since \d{4}-.*: no report/m)
  expect((await scene.cli('node', 'show', 'w1')).out).toMatch(/^State: +UNKNOWN since \d{4}-.*, not connected$/m)
  const watched = await scene.cli('cluster', 'watch', 'demo', '--until', 'READY', '--timeout', '1s', '-o', 'json')
  expect(watched).toMatchObject({ code: 4, err: expect.stringContaining('is UNKNOWN since') })
  expect(JSON.parse(watched.out.split('\n')[0] ?? '')).toMatchObject({ name: 'demo', state: 'UNKNOWN' })
  expect((await statesOf('cluster-state')).at(-1)).toMatchObject({ state: 'UNKNOWN', since: before.health.reportedAt })
  expect((await scene.cli('cluster', 'logs', 'demo')).out).toMatch(/cluster demo {2}UNKNOWN since \d{4}-/)
  scene.aheadMs += 95_000
  await scene.controller.tick()
  expect((await look()).cluster.state).toBe('DEGRADED')
  await scene.report(enrolled)
  const messages = (await look()).cluster.problems.map(({ code }) => code)
  expect(messages).not.toContain('operator/silent')
})

test('a node that is silent is UNKNOWN in the events too, with the time since when', async () => {
  await masterLeaves()
  const { lastSeen } = (await look()).cluster.nodes.find(({ name }) => name === 'm1') ?? {}
  scene.aheadMs += 80_000
  await scene.controller.tick()
  expect(await statesOf('node-state')).toContainEqual(expect.objectContaining({ state: 'UNKNOWN', since: lastSeen }))
  expect((await look()).cluster.nodes.map(({ state }) => state)).toContain('UNKNOWN')
})
