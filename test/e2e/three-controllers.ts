import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readPem } from '../../src/pki/pem.ts'
import { ENROLMENT_LABEL } from '../../src/protocol/api/identities/installer.ts'
import { nodesWithGaps, type StoredEvent, storedEvents } from '../support/controller/node-events.ts'
import type { Site } from '../support/site/site.ts'
import { openThreeSites, type ThreeSites } from '../support/site/three-sites.ts'
import { waitFor } from '../support/wait-for.ts'
import { allReady, configure, etcdVotes, type Scene } from './shape.ts'
import type { Story } from './stages.ts'

const CLUSTER = 'trio'
const MASTERS = ['m1', 'm2', 'm3']
const ALL = [...MASTERS, 'w1']
const RECONNECTED_MS = 30_000
const CRASHED_MS = 2_000

/**
 * Three masters and a worker, provisioned twice by three controllers on one PostgreSQL server: one is killed during the first time, and
 * PostgreSQL restarts during the second.
 */
export async function threeControllers(scene: Scene, { stage }: Story): Promise<void> {
  let three: ThreeSites | undefined
  const here = () => {
    assert(three, 'the controllers are up')
    return three
  }
  let left: Site[] = []
  /** Before the present provisioning. */
  let earlier: ReadonlySet<string> = new Set()
  const isNow = ({ run }: StoredEvent) => !earlier.has(run)
  const isProvisioned = async () => {
    await scene.awaitReady()
    for (const site of left)
      await waitFor('READY and connected', () => isWell(site), { withinMs: 60_000, everyMs: 1_000 })
    await eventsAreComplete(scene, here(), isNow)
    await allReady(scene.node('m1'), ALL.length)
    await etcdVotes(scene.node('m1'), MASTERS.length)
  }
  try {
    await stage('four bare nodes, PostgreSQL, and three controllers with the same bundle', async () => {
      const open = async () => {
        three = await openThreeSites(scene.bed)
        return three.sites[0] as Site
      }
      await scene.bootWith(open, ...ALL)
      await scene.stage()
      await here().awaitBundle()
    })
    await stage('the credentials name all three controllers, and each agent has a session', async () => {
      await createWhereItIsDecided(scene, here())
      await credentialsNameAll(here())
      for (const name of MASTERS) await scene.addNode(name, 'master')
      await scene.addNode('w1', 'worker')
      assert.equal((await here().sessions()).length, ALL.length)
    })
    await stage('provision: the controller that decides is killed when the API server of m1 is ready', async () => {
      await scene.site().admin('cluster', 'provision', CLUSTER)
      await reported(here(), ({ node, event }) => node === 'm1' && isDone(event, 'api-server/await-api'))
      const killed = await here().holder()
      left = here().sites.filter((site) => site !== killed)
      scene.useSite(left[0] as Site)
      const served = (await here().sessions()).filter((site) => site === killed).length
      assert(served > 0, 'the killed controller has sessions')
      const beganMs = performance.now()
      await killed.killController()
      const elsewhere = async () => (await here().sessions()).filter((site) => site !== killed).length === ALL.length
      await waitFor('all agents at other controllers', elsewhere, { withinMs: RECONNECTED_MS })
      const tookMs = performance.now() - beganMs
      scene.say(`  ${served} of ${ALL.length} agents had a session there; all at others after ${seconds(tookMs)}`)
      assert(tookMs <= RECONNECTED_MS)
      const taken = async () => (await here().holder()) !== killed
      await waitFor('another controller to decide', taken)
      scene.say(`  another controller decides after ${seconds(performance.now() - beganMs)}`)
    })
    await stage('READY at both remaining controllers, and each event of each run is stored once', isProvisioned)
    await stage('cluster reset: all nodes are bare again', async () => {
      await scene.site().admin('cluster', 'reset', CLUSTER, '--yes')
      await scene.site().admin('cluster', 'watch', CLUSTER, '--until', 'NEW', '--timeout', '180')
      for (const name of ALL) await configure(scene.site(), name, MASTERS.includes(name) ? 'master' : 'worker')
      earlier = new Set((await storedEvents(here().server)).map(({ run }) => run))
    })
    await stage('provision again: PostgreSQL restarts when another master becomes a member of etcd', async () => {
      await scene.stage()
      await scene.site().admin('cluster', 'provision', CLUSTER)
      const joins = (each: StoredEvent) => isNow(each) && each.node !== 'm1' && isStarted(each.event, 'etcd/')
      const { node } = await reported(here(), joins)
      const beganMs = performance.now()
      await here().server.stop()
      await here().server.boot()
      scene.say(`  ${node} joins; PostgreSQL answers again after ${seconds(performance.now() - beganMs)}`)
    })
    await stage('PostgreSQL crashes for 2 s when the worker joins', async () => {
      await reported(here(), (each) => isNow(each) && each.node === 'w1' && isStarted(each.event, 'join/'))
      await here().server.kill()
      await sleep(CRASHED_MS)
      await here().server.boot()
    })
    await stage('READY again, and each event of each run is stored once', isProvisioned)
  } finally {
    await three?.close()
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
const isStarted = (event: StoredEvent['event'], of: string) =>
  event.kind === 'step-started' && event.step.startsWith(of)
const isDone = (event: StoredEvent['event'], step: string) => event.kind === 'step-done' && event.step === step

/** Waits for an event of a node. */
function reported({ server }: ThreeSites, isWanted: (event: StoredEvent) => boolean): Promise<StoredEvent> {
  let last: StoredEvent[] = []
  const look = async () => {
    last = await storedEvents(server)
    return last.find(isWanted)
  }
  const details = () => last.map(({ node, event }) => `${node} ${JSON.stringify(event)}`).join('\n')
  return waitFor('an event of a node', look, { withinMs: 300_000, everyMs: 250, details })
}

/**
 * Agents begin with the first URL, that of the controller which made the credentials. Any controller may be the one that decides, and
 * this story kills it: it has sessions only if it is the same one.
 */
async function createWhereItIsDecided(scene: Scene, { sites, holder }: ThreeSites): Promise<void> {
  const [own] = sites
  assert(own)
  const decides = async () => (await holder().catch(() => undefined))?.url
  for (let time = 0; time < 20; time++) {
    await scene.createCluster(CLUSTER, ['--dedicated-masters'])
    if ((await waitFor('a controller that decides', decides)) === own.url) return
    await own.admin('cluster', 'delete', CLUSTER, '--force', '--yes')
    await rm(join(own.directory, CLUSTER), { recursive: true })
  }
  throw new Error('the controller that makes the credentials never is the one that decides')
}

async function credentialsNameAll({ sites }: ThreeSites): Promise<void> {
  const text = await readFile(join(sites[0]?.directory ?? '', CLUSTER, `${CLUSTER}.pem`), 'utf8')
  const enrolment = readPem(text).find(({ label }) => label === ENROLMENT_LABEL)
  const { urls } = JSON.parse(String(enrolment?.der)) as { urls: string[] }
  assert.deepEqual(
    urls.toSorted(),
    sites.map(({ url }) => url),
  )
}

async function isWell(site: Site): Promise<boolean> {
  const { state } = await site.json<{ state: string }>('cluster', 'show', CLUSTER)
  const nodes = await site.json<{ state: string; connected: boolean }[]>('node', 'list')
  return (
    state === 'READY' && nodes.length === ALL.length && nodes.every((each) => each.state === 'READY' && each.connected)
  )
}

/** `isMeant`: of the runs that are looked at; every node has one. */
async function eventsAreComplete(
  scene: Scene,
  { server }: ThreeSites,
  isMeant: (event: StoredEvent) => boolean,
): Promise<void> {
  assert.deepEqual(await nodesWithGaps(server), [])
  const stored = (await storedEvents(server)).filter(isMeant)
  const runs = Map.groupBy(stored, ({ run }) => run)
  assert.deepEqual([...runs.values()].map(([first]) => first?.node).sort(), ALL)
  for (const [run, own] of runs) {
    const events = own.map(({ event }) => event)
    const planned = events.flatMap((event) => (event.kind === 'run-started' ? event.steps.map(({ id }) => id) : []))
    const ended = events.flatMap((event) =>
      event.kind === 'step-done' || event.kind === 'step-skipped' ? event.step : [],
    )
    assert.deepEqual(ended.toSorted(), planned.toSorted(), `steps of ${run}`)
    assert.deepEqual(
      events.flatMap((event) => (event.kind === 'run-ended' ? event.outcome : [])),
      ['done'],
    )
  }
  scene.say(`  ${stored.length} events of ${runs.size} runs`)
}
