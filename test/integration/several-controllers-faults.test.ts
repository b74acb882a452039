/**
 * Three controllers on one PostgreSQL server, and an agent with a cluster of its own at each. All of them are processes; the agents
 * pause as long as installed ones.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { credentialsText } from '../../src/controller/clusters/join/credentials-text.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { encryptKey } from '../../src/pki/encrypt-key.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import type { NodeDetail } from '../../src/protocol/api/nodes.ts'
import { ClusterSettings } from '../../src/protocol/settings/cluster-settings.ts'
import { askAdmin, PASSPHRASE } from '../support/agent/enrolled.ts'
import { type Installation, installAgent, type Service } from '../support/agent/installation.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { nodesWithGaps } from '../support/controller/node-events.ts'
import { Served } from '../support/controller/served.ts'
import { PostgresServer } from '../support/postgres.ts'
import { waitFor } from '../support/wait-for.ts'

const STEP_MS = 3_000

interface Machine {
  cluster: string
  agent: Installation
  service: Service
  node: string
}

let root: string
let server: PostgresServer
let controllers: Served[] = []
let machines: Machine[] = []

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'several-'))
  server = await PostgresServer.start()
  const url = await server.createDatabase('cantrip')
  const serve = async (name: string) => {
    const data = join(root, name)
    await importSmallBundle(data, Buffer.from('kubelet'))
    if (name !== 'a') cpSync(join(root, 'a/pki'), join(data, 'pki'), { recursive: true })
    return Served.start(data, ['--database', url])
  }
  const first = await serve('a')
  controllers = [first, ...(await Promise.all(['b', 'c'].map(serve)))]
  const knowAll = () => controllers.every(({ output }) => /other controllers on this database: \S+, \S+/.test(output))
  await waitFor('each one to know the others', knowAll, { details })
  machines = await Promise.all(controllers.map((by, at) => install(by, `cluster-${at}`)))
})
afterEach(async () => {
  for (const { agent, service } of machines) {
    await service.end('SIGKILL')
    agent.remove()
  }
  for (const controller of controllers) await controller.end('SIGKILL')
  await server.remove()
  rmSync(root, { recursive: true })
  controllers = []
  machines = []
})

const details = () =>
  [...controllers, ...machines.map(({ service }) => ({ output: service.output() }))]
    .map(({ output }) => output)
    .join('\n---\n')
const until = <T>(what: string, look: () => Promise<T | undefined> | T | undefined, withinMs = 60_000) =>
  waitFor(what, look, { details, withinMs, everyMs: 50 })

/** An agent with the credentials of a new cluster, which have the address of this controller only. */
async function install(by: Served, cluster: string): Promise<Machine> {
  const { privateKey } = createKeyPair()
  const settings = ClusterSettings.parse({ autoApprove: true })
  const asked = { name: cluster, settings, csr: buildCsr(privateKey, 'installer') }
  const { installer } = await askAdmin(by, 'POST', '/v1/clusters', asked)
  expect(installer.enrolment.urls).toHaveLength(3)
  // The agent learns the others from its controller.
  installer.enrolment.urls.splice(1)
  const pem = await credentialsText(await encryptKey(privateKey, PASSPHRASE), installer)
  const agent = await installAgent(pem, PASSPHRASE, `of-${cluster}`)
  mkdirSync(agent.root, { recursive: true })
  writeFileSync(join(agent.root, 'real-pauses'), '')
  agent.setWork(String(STEP_MS))
  const service = agent.start()
  const connected = async (): Promise<string | undefined> => {
    const { items: nodes }: { items: NodeDetail[] } = await askAdmin(by, 'GET', `/v1/nodes?cluster=${cluster}`)
    return nodes.find((each) => each.connected)?.id
  }
  const node = await until(`the node of ${cluster}`, connected)
  await until('facts', async () => (await show(by, node)).facts !== null)
  await askAdmin(by, 'POST', `/v1/nodes/${node}/configure`, { roles: ['master', 'worker'] })
  return { cluster, agent, service, node }
}

const show = (by: Served, node: string): Promise<NodeDetail> => askAdmin(by, 'GET', `/v1/nodes/${node}`)
const areConnected = async (by: Served) =>
  (await Promise.all(machines.map(({ node }) => show(by, node)))).every(({ connected }) => connected)

async function begin(by: Served): Promise<void> {
  for (const { cluster } of machines) await askAdmin(by, 'POST', `/v1/clusters/${cluster}/provision`)
  for (const { node } of machines)
    await until(
      `${node} to work`,
      async () => (await show(by, node)).run?.state === 'open' && (await stepsOf(node)).length > 0,
    )
}

async function allDone(by: Served): Promise<void> {
  for (const { node } of machines)
    await until(`the run of ${node}`, async () => (await show(by, node)).run?.state === 'done')
}

async function stepsOf(node: string): Promise<string[]> {
  const rows = await server.query(
    'cantrip',
    `SELECT event FROM events WHERE node_id = '${node}' AND node_seq IS NOT NULL ORDER BY seq`,
  )
  return rows.map(({ event }) => {
    const { kind, step = '' } = event as { kind: string; step?: string }
    return `${kind} ${step}`.trim()
  })
}

/** Each event once, and in the order in which the agent sent them. */
async function expectEachEventOnce(): Promise<void> {
  const [first = [], ...others] = await Promise.all(machines.map(({ node }) => stepsOf(node)))
  expect(first.filter((each) => each.startsWith('step-done'))).toHaveLength(3)
  expect(first.filter((each) => each === 'run-ended')).toHaveLength(1)
  for (const other of others) expect(other).toEqual(first)
  expect(await nodesWithGaps(server)).toEqual([])
}

test('a killed controller: its agent goes to another one, another one decides, and no event is lost or stored twice', async () => {
  const [a, b, c] = controllers as [Served, Served, Served]
  await begin(c)
  await a.end('SIGKILL')
  const beganMs = performance.now()
  await until('all agents to be connected', () => areConnected(b), 30_000)
  expect(performance.now() - beganMs).toBeLessThan(30_000)
  await allDone(b)
  await expectEachEventOnce()
  for (const { cluster } of machines) await askAdmin(c, 'POST', `/v1/clusters/${cluster}/reset`)
  for (const { node } of machines)
    await until(`the reset of ${node}`, async () => (await show(b, node)).state === 'APPROVED')
  await a.start()
  await until('the agents, at the restarted one', () => areConnected(a))
})

test('a crash of PostgreSQL: controllers and agents go on, and no event is lost or stored twice', async () => {
  const [a, b, c] = controllers as [Served, Served, Served]
  await begin(a)
  await server.kill()
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  await server.boot()
  for (const by of [a, b, c]) await until('all agents to be connected', () => areConnected(by).catch(() => false))
  await allDone(b)
  await expectEachEventOnce()
})
