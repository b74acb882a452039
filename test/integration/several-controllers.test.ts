/** Three controllers on one PostgreSQL database, with scripted agents spread over them. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { listBundles } from '../../src/bundle/import.ts'
import { imageArchive } from '../../src/bundle/make/image.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import type { LogEntry } from '../../src/protocol/api/events.ts'
import type { NodeDetail } from '../../src/protocol/api/nodes.ts'
import { CAPABILITIES } from '../../src/protocol/wire/capabilities.ts'
import type { Images } from '../../src/protocol/wire/lists/images.ts'
import { Operation } from '../../src/protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../src/protocol/wire/released-names.ts'
import { connectAgent, factsAt, ScriptedAgent } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, call, createCluster, type EnrolledNode, enrolNode, showNode } from '../support/controller/client.ts'
import { addArchive } from '../support/images/upload.ts'
import { PostgresServer } from '../support/postgres.ts'
import { waitFor } from '../support/wait-for.ts'

const HELLO = {
  ...{ range: { min: 1, max: 1 }, lastSeq: 0, bootId: 'b', agentVersion: '0.1.0', nodeName: 'm1' },
  ...{ openRun: null, warnings: [] },
}
let server: PostgresServer
let url: string
let count = 0
let directories: string[] = []
let running: Controller[] = []
const lines: string[] = []
/** How far the clocks of the controllers are ahead; undefined: they use that of the database. */
let aheadMs: number | undefined

beforeAll(async () => {
  server = await PostgresServer.start({ settings: ['fsync = off'] })
})
afterAll(() => server?.remove())
beforeEach(async () => {
  url = await server.createDatabase(`several_${++count}`)
  lines.length = 0
  aheadMs = undefined
})
afterEach(async () => {
  for (const controller of running) await controller.close()
  for (const directory of directories) rmSync(directory, { recursive: true })
  directories = []
  running = []
})

/** The keys of the first controller are copied to the others. */
async function start(at = directories.length, tickMs = 1_000): Promise<Controller> {
  const directory = directories[at] ?? mkdtempSync(join(tmpdir(), 'several-'))
  if (directories[at] === undefined) {
    await importSmallBundle(directory, Buffer.from('kubelet'))
    if (directories[0] !== undefined) cpSync(join(directories[0], 'pki'), join(directory, 'pki'), { recursive: true })
    directories[at] = directory
  }
  const controller = await startController({
    dataDirectory: directory,
    database: { url, env: {} },
    listen: { host: '127.0.0.1', port: 0 },
    tickMs,
    beatMs: 300,
    ...(aheadMs === undefined ? {} : { now: () => new Date(Date.now() + (aheadMs ?? 0)) }),
    log: (line) => void lines.push(`${at}: ${line}`),
  })
  running.push(controller)
  return controller
}

async function startThree(): Promise<[Controller, Controller, Controller]> {
  return [await start(), await start(), await start()]
}

async function configured(by: Controller, node: EnrolledNode, roles: string[]): Promise<void> {
  await waitFor('facts', async () => (await showNode(by, node.id)).facts !== null)
  const { status, text } = await call(by.url, adminOf(by), 'POST', `/v1/nodes/${node.id}/configure`, { roles })
  expect(status, text).toBe(200)
}

async function shows(by: Controller, node: EnrolledNode, what: string, isSo: (shown: NodeDetail) => boolean) {
  await waitFor(`${node.id}: ${what}`, async () => isSo(await showNode(by, node.id)), { everyMs: 10 })
}

/** A master at one controller, and a worker at another. */
async function twoNodes(a: Controller, b: Controller, c: Controller) {
  const installer = await createCluster(a, 'demo')
  const master = await enrolNode(c, installer, 'm1')
  const worker = await enrolNode(a, installer, 'w1')
  const ofMaster = await connectAgent(b, master, 0, factsAt('10.0.0.1'))
  const ofWorker = await connectAgent(c, worker, 0, factsAt('10.0.0.2'))
  await configured(a, master, ['master'])
  await configured(b, worker, ['worker'])
  return { master, worker, ofMaster, ofWorker }
}

const provision = async (by: Controller) => {
  const { status, text } = await call(by.url, adminOf(by), 'POST', '/v1/clusters/demo/provision')
  expect(status, text).toBe(200)
}

async function done(agent: ScriptedAgent, seq = 1): Promise<void> {
  const { run } = await agent.instruction()
  agent.send('result', { run, outcome: 'done' }, seq)
  await agent.next('ack')
}

test('an image that is added at one controller is told to nodes of the others, which fetch its archive', async () => {
  const [a, b] = [await start(), await start()]
  const node = await enrolNode(a, await createCluster(a, 'demo'), 'm1')
  const agent = await connectAgent(b, node, 0, factsAt('10.0.0.1'), { capabilities: [...CAPABILITIES] })
  const layer = new Map([['/text', { text: 'x'.repeat(100_000) }]])
  const archive = await imageArchive({ name: 'registry.example/tool:v1', arch: 'x64', layer })
  const added = await addArchive(a, 'demo', await buffer(Readable.from(archive.bytes())))
  expect(added.status, added.text).toBe(200)
  const { body } = await agent.next('images')
  const { sha256, size } = (JSON.parse(body.payload) as Images).images[0]?.archives.x64 ?? {}
  const fetch = () => call(b.url, node, 'GET', `/v1/images/${sha256}`)
  await waitFor('the archive', async () => (await fetch()).status === 200 || undefined)
  expect(Buffer.from((await fetch()).text, 'latin1')).toHaveLength(size ?? 0)
  const removed = await call(b.url, adminOf(b), 'DELETE', '/v1/clusters/demo/images/registry.example/tool:v1')
  expect(removed.status, removed.text).toBe(200)
  expect((JSON.parse((await agent.next('images')).body.payload) as Images).images).toEqual([])
  expect((await fetch()).json.code).toBe('images/unknown-file')
})

test('what one controller commits reaches a node that is connected to another one, and all see the node connected', async () => {
  const [a, b, c] = await startThree()
  const { master, ofMaster, ofWorker } = await twoNodes(a, b, c)
  for (const by of [a, b, c]) await shows(by, master, 'connected', ({ connected }) => connected)
  await provision(c)
  await done(ofMaster)
  await done(ofWorker)
  for (const by of [a, b, c]) await shows(by, master, 'its run done', ({ run }) => run?.state === 'done')
  ofMaster.socket.close()
  for (const by of [a, b, c]) await shows(by, master, 'away', ({ connected }) => !connected)
})

test('an invitation that is asked for at one controller is made by a master at another one', async () => {
  const [a, b, c] = await startThree()
  const { ofMaster, ofWorker, worker } = await twoNodes(a, b, c)
  await provision(a)
  await done(ofMaster)
  await ofWorker.instruction()
  const asked = call(a.url, worker, 'POST', '/v1/node/invitation?waitMs=10000', { sealTo: `${'A'.repeat(43)}=` })
  const { body } = await ofMaster.next(OPERATION_FRAME)
  const { id, operation } = Operation.parse(JSON.parse(body.payload))
  expect(operation).toBe('invite')
  ofMaster.send(OPERATION_FRAME, { id, outcome: 'done', sealed: 'c2VhbGVk' })
  expect((await asked).json).toMatchObject({ sealed: 'c2VhbGVk' })
  expect(await server.query(`several_${count}`, 'SELECT * FROM messages'), 'no answer stays').toEqual([])
})

test('a long poll at one controller ends with a commit of another one', async () => {
  const [a, b, c] = await startThree()
  const { ofMaster } = await twoNodes(a, b, c)
  await provision(b)
  const { run } = await ofMaster.instruction()
  const { json } = await call(a.url, adminOf(a), 'GET', '/v1/events?tail=1')
  const beganMs = performance.now()
  const waiting = call(a.url, adminOf(a), 'GET', `/v1/events?after=${json.last}&waitMs=20000`)
  ofMaster.event(1, run, { kind: 'log', at: new Date().toISOString(), level: 'info', message: 'here' })
  expect((await waiting).json.events).toMatchObject([{ event: { message: 'here' } }])
  expect(performance.now() - beganMs).toBeLessThan(2_000)
})

test('a node that connects to another controller ends its session at the first one', async () => {
  const [a, b] = await startThree()
  const installer = await createCluster(a, 'demo')
  const node = await enrolNode(a, installer, 'm1')
  const first = await connectAgent(a, node, 0, factsAt('10.0.0.1'))
  const second = await connectAgent(b, node, 0, factsAt('10.0.0.1'))
  await first.closed
  await shows(a, node, 'connected', ({ connected }) => connected)
  second.socket.close()
  await shows(a, node, 'away', ({ connected }) => !connected)
})

test('two machines with one key are refused at all controllers, until one of them is gone', async () => {
  aheadMs = 0
  const [a, b, c] = await startThree()
  const node = await enrolNode(a, await createCluster(a, 'demo'), 'm1')
  const at = (controller: Controller, machineId: string) => {
    const agent = new ScriptedAgent(controller, node)
    agent.socket.once('open', () => agent.send('hello', { ...HELLO, machineId }))
    return agent
  }
  const isRefused = async (agent: ScriptedAgent) => {
    expect((await agent.next('refuse')).body.code).toBe('node/two-machines')
    expect(await agent.closed).toBe(4410)
  }
  const original = at(a, 'original')
  await original.next('welcome')
  original.send('facts', factsAt('10.0.0.1'))
  await shows(b, node, 'connected', ({ connected }) => connected)
  await configured(c, node, ['master'])
  const copy = at(b, 'copy')
  await isRefused(copy)
  await isRefused(original)
  await provision(c)
  const letters = () => server.query(`several_${count}`, 'SELECT * FROM messages')
  const allKnow = () => waitFor('all controllers to know', async () => (await letters()).length === 0)
  await allKnow()
  for (const by of [c, a, b]) for (const machine of ['copy', 'original']) await isRefused(at(by, machine))
  for (const by of [a, b, c]) {
    await shows(by, node, 'the warning', ({ warnings }) => warnings.some(({ found }) => found.includes('two machines')))
    await shows(by, node, 'not connected', ({ connected }) => !connected)
  }
  const { json } = await call(a.url, adminOf(a), 'GET', `/v1/events?node=${node.id}`)
  expect(json.events.filter(({ event }: LogEntry) => 'level' in event && event.level === 'error')).toHaveLength(1)
  // A try that is read later would count as a later one.
  await allKnow()
  aheadMs = 21 * 60_000
  const alone = at(c, 'original')
  await alone.next('welcome')
  expect((await alone.instruction()).role, 'nobody got it meanwhile').toBe('first-master')
  expect(copy.received.concat(original.received).filter(({ t }) => t === 'instruct')).toEqual([])
})

test('a machine that lost its connection is welcomed at another controller, though its session is not over', async () => {
  const [a, b] = [await start(), await start()]
  const node = await enrolNode(a, await createCluster(a, 'demo'), 'm1')
  const first = await connectAgent(a, node, 0, factsAt('10.0.0.1'), { bootId: 'before' })
  await shows(b, node, 'connected', ({ connected }) => connected)
  first.socket.pause()
  const second = await connectAgent(b, node, 0, factsAt('10.0.0.1'), { bootId: 'after' })
  await shows(a, node, 'connected', ({ connected, warnings }) => connected && warnings.length === 0)
  first.socket.terminate()
  second.socket.close()
})

test('a session of a controller that was killed keeps no node waiting for long', async () => {
  const a = await start()
  const node = await enrolNode(a, await createCluster(a, 'demo'), 'm1')
  // As of a process that does not read its messages.
  await server.query(
    `several_${count}`,
    "INSERT INTO controllers (id, place, urls, version, alive_until) SELECT 'gone', 'elsewhere', urls, version, now() + interval '1 hour' FROM controllers LIMIT 1",
  )
  await server.query(
    `several_${count}`,
    `INSERT INTO sessions (node_id, controller, number, capabilities) VALUES ('${node.id}', 'gone', 1, '[]')`,
  )
  const b = await start()
  await shows(b, node, 'connected', ({ connected }) => connected)
  const agent = await connectAgent(b, node, 0, factsAt('10.0.0.1'))
  expect((await showNode(b, node.id)).warnings).toEqual([])
  agent.socket.close()
})

test('a controller with other keys does not start', async () => {
  await start()
  directories.push(mkdtempSync(join(tmpdir(), 'several-')))
  await expect(start(1)).rejects.toMatchObject({ code: 'authority/missing', fix: expect.stringContaining('copy') })
})

test('a pair check that is asked for at one controller reaches nodes at the others', async () => {
  const [a, b, c] = await startThree()
  const { ofMaster, ofWorker } = await twoNodes(a, b, c)
  const asked = call(a.url, adminOf(a), 'POST', '/v1/clusters/demo/precheck')
  const error = { code: 'port/busy', message: 'a port is in use', fix: 'free it' }
  for (const agent of [ofMaster, ofWorker]) {
    const { body } = await agent.next('pair-check', ({ body: { say } }) => say === 'order')
    const { check } = JSON.parse('payload' in body ? body.payload : '{}')
    agent.send('pair-check', { say: 'refused', check, error })
  }
  const { status, json } = await asked
  expect(status).toBe(200)
  expect(JSON.stringify(json).match(/a port is in use/g)?.length).toBeGreaterThan(1)
})

test('a node is silent only if no controller has contact with it', async () => {
  aheadMs = 0
  const [a, b] = [await start(0, 600_000), await start(1, 600_000)]
  const installer = await createCluster(a, 'demo')
  const node = await enrolNode(a, installer, 'm1')
  const agent = await connectAgent(b, node, 0, factsAt('10.0.0.1'))
  await shows(a, node, 'connected', ({ connected }) => connected)
  aheadMs = 150_000
  agent.send('ack', {})
  await shows(b, node, 'contact', ({ lastSeen }) => Date.parse(lastSeen ?? '') > Date.now() + 100_000)
  await b.tick()
  await a.tick()
  expect((await showNode(a, node.id)).state).toBe('APPROVED')
  agent.socket.close()
  await shows(a, node, 'away', ({ connected }) => !connected)
  aheadMs = 300_000
  await b.tick()
  await a.tick()
  await shows(b, node, 'unreachable', ({ state }) => state === 'UNREACHABLE')
})

test('while controllers are upgraded, one of the earlier version starts on the newer schema', async () => {
  await start()
  await server.query(`several_${count}`, 'UPDATE schema_version SET version = version + 1')
  const earlier = await start()
  expect((await call(earlier.url, adminOf(earlier), 'GET', '/v1/clusters')).status).toBe(200)
  await server.query(`several_${count}`, 'UPDATE schema_version SET oldest = version')
  await expect(start()).rejects.toMatchObject({ code: 'store/newer-schema' })
})

test('a controller fetches a bundle that was imported at another one', async () => {
  const [a, b] = await startThree()
  const [ofA = '', ofB = ''] = directories
  const { manifestSha256 } = await importSmallBundle(ofA, Buffer.from('another kubelet'))
  const stored = async () => (await listBundles(ofB)).bundles.find((each) => each.manifestSha256 === manifestSha256)
  const found = await waitFor('the bundle', stored, { details: () => lines.join('\n') })
  expect(readFileSync(join(found.directory, 'bin/kubelet'), 'utf8')).toBe('another kubelet')
  const isNotFetched = async () => {
    await a.tick()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(await stored(), 'what an administrator deletes is not fetched again').toBeUndefined()
  }
  expect((await call(b.url, adminOf(b), 'DELETE', `/v1/bundles/${manifestSha256}`)).status).toBe(200)
  await isNotFetched()
  await b.close()
  running = running.filter((each) => each !== b)
  await start(1)
  await isNotFetched()
  expect((await listBundles(ofA)).bundles.map((each) => each.manifestSha256)).toContain(manifestSha256)
})
