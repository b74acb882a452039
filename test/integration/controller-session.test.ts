import { createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_VERSIONS } from '../../src/bundle/versions/sets.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import type { ClusterView } from '../../src/protocol/api/clusters.ts'
import type { LogEntry } from '../../src/protocol/api/events.ts'
import type { RunEvent } from '../../src/protocol/wire/event.ts'
import { Instruction } from '../../src/protocol/wire/instruction.ts'
import { connectAgent, facts, type ScriptedAgent } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import {
  adminOf,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
  type Installer,
  showNode,
} from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

const FACTS_FRAME = { v: 1, t: 'facts', id: 'x', seq: 0, ack: 0 }

let dataDirectory: string
let controller: Controller
let installer: Installer
let node: EnrolledNode
let aheadMs = 0
const start = () =>
  startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    now: () => new Date(Date.now() + aheadMs),
    heartbeatMs: () => 1_000,
    tickMs: 600_000,
  })
const admin = (method: string, path: string, body?: unknown) =>
  call(controller.url, adminOf(controller), method, path, body)
const cluster = async (): Promise<ClusterView> => (await admin('GET', '/v1/clusters/demo')).json
const states = async () => `${(await cluster()).state} ${(await showNode(controller, node.id)).state}`
const events = async (): Promise<LogEntry[]> => (await admin('GET', `/v1/events?node=${node.id}`)).json.events
const configure = (roles: string[], more: object = {}) =>
  admin('POST', `/v1/nodes/${node.id}/configure`, { roles, ...more })

beforeEach(async () => {
  aheadMs = 0
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  await importSmallBundle(dataDirectory, Buffer.from('kubelet'))
  controller = await start()
  installer = await createCluster(controller, 'demo')
  node = await enrolNode(controller, installer, 'one')
})
afterEach(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

async function statesAre(wanted: string): Promise<void> {
  let seen = ''
  const look = async () => {
    seen = await states()
    return seen === wanted
  }
  await waitFor(`states ${wanted}`, look, { withinMs: 10_000, everyMs: 20, details: () => `found ${seen}` })
}

async function stepIs(wanted: string): Promise<void> {
  await waitFor(`step ${wanted}`, async () => (await showNode(controller, node.id)).step === wanted, { everyMs: 20 })
}

async function factsKnown(): Promise<void> {
  await waitFor('facts', async () => (await showNode(controller, node.id)).facts !== null, { everyMs: 20 })
}

async function provision(agent: ScriptedAgent): Promise<Instruction> {
  await factsKnown()
  expect((await configure(['master', 'worker'])).status).toBe(200)
  expect((await admin('POST', '/v1/clusters/demo/provision')).status).toBe(200)
  return agent.instruction()
}

const at = '2026-01-01T00:00:00.000Z'
const log = (message: string): RunEvent => ({ kind: 'log', at, level: 'info', message })

async function report(ready: boolean, dns = true): Promise<void> {
  const { privateKey } = createKeyPair()
  const { json } = await call(controller.url, node, 'POST', '/v1/operator/certificate', {
    csr: buildCsr(privateKey, 'x'),
  })
  const operator = { ca: node.ca, cert: json.certificate, key: keyToPem(privateKey) }
  const pod = { namespace: 'kube-system', name: 'kube-proxy-x8zqk', node: 'one', ready, phase: 'Running', restarts: 0 }
  const body = {
    kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
    nodes: [{ name: 'one', ready: true, kubeletVersion: DEFAULT_VERSIONS.kubernetes }],
    pods: [pod],
    dns,
  }
  expect((await call(controller.url, operator, 'POST', '/v1/operator/report', body)).status).toBe(200)
}

describe('the way to READY', () => {
  it('uses a signed instruction, its events and the report of the operator', async () => {
    const agent = await connectAgent(controller, node)
    await factsKnown()
    await configure(['master', 'worker'])
    await admin('POST', '/v1/clusters/demo/provision')
    const { body, seq } = await agent.next('instruct')
    const instruction = Instruction.parse(JSON.parse(body.payload))
    const { json } = await admin('POST', '/v1/clusters', {
      name: 'other',
      settings: {},
      csr: buildCsr(createKeyPair().privateKey, 'x'),
    })
    const instructionKey = Buffer.from(json.installer.enrolment.instructionKey, 'base64')
    const key = createPublicKey({ key: instructionKey, type: 'spki', format: 'der' })
    expect(verify(null, Buffer.from(body.payload), key, Buffer.from(body.signature, 'base64'))).toBe(true)
    expect(instruction).toMatchObject({
      role: 'first-master',
      node: node.id,
      generation: 1,
      params: { node: { name: 'one', address: '10.0.0.1', roles: ['master', 'worker'] } },
    })
    expect(seq).toBe(1)
    expect(await states()).toBe('PROVISIONING PROVISIONING')

    const { run } = instruction
    const steps = [{ id: 'etcd/start', title: 'Starting etcd' }]
    agent.event(1, run, { kind: 'run-started', at, role: 'first-master', steps })
    agent.event(2, run, { kind: 'step-started', at, step: 'etcd/start', title: 'Starting etcd' })
    await agent.next('ack', (frame) => frame.ack === 2)
    expect((await showNode(controller, node.id)).step).toBe('Starting etcd')
    agent.event(0, run, { kind: 'step-progress', at, step: 'etcd/start', done: 1, of: 4, unit: 'items' })
    await stepIs('Starting etcd (25 %)')
    agent.send('result', { run, outcome: 'done' }, 3)
    await agent.next('ack', (frame) => frame.ack === 3)
    expect(await states()).toBe('PROVISIONING PROVISIONING')
    expect((await cluster()).waitingFor).toBe('the operator to check in')
    await report(false)
    expect(await states()).toBe('PROVISIONING PROVISIONING')
    expect((await cluster()).waitingFor).toBe('node one')
    await report(true, false)
    expect((await cluster()).waitingFor).toBe("the cluster's DNS to answer")
    await report(true)
    expect(await states()).toBe('READY READY')
    expect((await cluster()).stages.map((stage) => stage.state)).toEqual(['done', 'done', 'done', 'done', 'done'])
    await agent.next('state', (frame) => frame.body.state === 'READY')
  })

  it('processes a replayed message once, and a result once', async () => {
    const agent = await connectAgent(controller, node)
    const { run } = await provision(agent)
    agent.event(1, run, log('first'))
    agent.event(1, run, log('first again'))
    agent.event(2, run, log('second'))
    agent.send('result', { run, outcome: 'failed', error: { code: 'a', message: 'b', fix: 'c' } }, 3)
    agent.send('result', { run, outcome: 'done' }, 4)
    await agent.next('ack', (frame) => frame.ack === 4)
    const messages = (await events()).flatMap(({ event }) => (event.kind === 'log' ? event.message : []))
    expect(messages).toEqual(['first', 'second'])
    expect(await states()).toBe('FAILED FAILED')
    expect((await cluster()).error).toMatchObject({ code: 'a' })
  })

  it('retries with a new generation after a failure', async () => {
    const agent = await connectAgent(controller, node)
    const { run } = await provision(agent)
    agent.send('result', { run, outcome: 'failed' }, 1)
    await statesAre('FAILED FAILED')
    await admin('POST', '/v1/clusters/demo/provision')
    const second = await agent.instruction()
    expect([second.generation, second.run === run]).toEqual([2, false])
    expect(await states()).toBe('PROVISIONING PROVISIONING')
  })

  it('a started node keeps its address', async () => {
    const agent = await connectAgent(controller, node)
    const { run } = await provision(agent)
    agent.send('result', { run, outcome: 'failed' }, 1)
    await statesAre('FAILED FAILED')
    const { status, json } = await configure(['master', 'worker'], { interface: 'eth1' })
    expect([status, json.code]).toEqual([409, 'node/has-begun'])
    expect(json.fix).toContain('--role master,worker --interface eth0')
    expect((await configure(['master'])).json).toMatchObject({ state: 'FAILED', address: '10.0.0.1' })
  })

  it('after a reset the node is DISCOVERED in the same cluster and can be provisioned again', async () => {
    const agent = await connectAgent(controller, node)
    const { run } = await provision(agent)
    agent.send('result', { run, outcome: 'done' }, 1)
    await report(true)
    await statesAre('READY READY')
    await admin('POST', '/v1/clusters/demo/reset')
    const reset = await agent.instruction()
    expect([reset.role, reset.generation]).toEqual(['reset', 2])
    expect((await cluster()).state).toBe('RESETTING')
    agent.send('result', { run: reset.run, outcome: 'done' }, 2)
    await statesAre('NEW DISCOVERED')
    await admin('POST', `/v1/nodes/${node.id}/approve`)
    expect((await provision(agent)).generation).toBe(3)
  })

  it('cancels an open run before it resets', async () => {
    const agent = await connectAgent(controller, node)
    const { run } = await provision(agent)
    await admin('POST', '/v1/clusters/demo/reset')
    expect((await agent.next('cancel')).body.run).toBe(run)
    agent.send('result', { run, outcome: 'cancelled' }, 1)
    expect((await agent.instruction()).role).toBe('reset')
  })

  it('does not wait for a disconnected node with an open run; the node is reset when it reconnects', async () => {
    const first = await connectAgent(controller, node)
    const { run } = await provision(first)
    first.send('ack', {})
    await stepIs('starting')
    first.socket.terminate()
    await first.closed
    await admin('POST', '/v1/clusters/demo/reset')
    aheadMs = 200_000
    controller.tick()
    const { run: now } = await showNode(controller, node.id)
    expect([now?.role, now?.state]).toEqual(['reset', 'open'])
    const back = await connectAgent(controller, node, first.lastSeq)
    expect((await back.next('cancel')).body.run).toBe(run)
    expect(back.received.filter(({ t }) => t === 'instruct')).toEqual([])
    back.send('result', { run, outcome: 'cancelled' }, 1)
    expect((await back.instruction()).role).toBe('reset')
  })
})

describe('a restart during a run', () => {
  it('loses nothing: acknowledged messages are stored, and the others are sent again', async () => {
    const first = await connectAgent(controller, node)
    const { run } = await provision(first)
    first.lastSeq = 0
    first.event(1, run, log('before'))
    await first.next('ack', (frame) => frame.ack === 1)
    await controller.close()
    expect(await first.closed).toBe(1001)
    controller = await start()

    const second = await connectAgent(controller, node)
    const again = await second.instruction()
    expect(again.run).toBe(run)
    second.event(1, run, log('before'))
    second.event(2, run, log('after'))
    await second.next('ack', (frame) => frame.ack === 2)
    expect((await events()).filter(({ event }) => event.kind === 'log')).toHaveLength(2)
    second.socket.terminate()

    const third = await connectAgent(controller, node, 1)
    third.send('result', { run, outcome: 'done' }, 3)
    await third.next('ack', (frame) => frame.ack === 3)
    expect(third.received.filter(({ t }) => t === 'instruct')).toEqual([])
    await report(true)
    expect(await states()).toBe('READY READY')
  })

  it('sends the last sequence number to the agent', async () => {
    const first = await connectAgent(controller, node)
    const { run } = await provision(first)
    first.event(7, run, log('x'))
    await first.next('ack', (frame) => frame.ack === 7)
    await controller.close()
    controller = await start()
    const second = await connectAgent(controller, node)
    expect(second.received.every((frame) => frame.ack === 7)).toBe(true)
  })
})

describe('a session', () => {
  it('a node has one session: a newer one replaces an unresponsive one', async () => {
    const first = await connectAgent(controller, node)
    first.socket.pause()
    const second = await connectAgent(controller, node)
    first.socket.resume()
    expect(await first.closed).toBe(4409)
    expect((await showNode(controller, node.id)).connected).toBe(true)
    second.socket.close()
  })

  it.each([
    ['an unknown verb', '{"v":1,"t":"exec","id":"x","seq":0,"ack":0,"body":{}}', 4400],
    ['an unknown field', '{"v":1,"t":"ack","id":"x","seq":0,"ack":0,"body":{},"sudo":true}', 4400],
    ['an unknown field inside', '{"v":1,"t":"ack","id":"x","seq":0,"ack":0,"body":{"a":1}}', 4400],
    ['a missing field', '{"v":1,"t":"ack","id":"x","body":{}}', 4400],
    ['no JSON', 'hello', 4400],
    [
      'a key whose name exceeds what a close can carry',
      JSON.stringify({ ...FACTS_FRAME, body: { ...facts, versions: { [`\x1b[2J${'ü'.repeat(200)}`]: 5 } } }),
      4400,
    ],
    ['deep nesting', `${'['.repeat(17)}${']'.repeat(17)}`, 4400],
    ['a second hello', '', 4400],
    ['too much', 'x'.repeat(256 * 1024 + 1), 1009],
  ])('ends at %s', async (what, text, code) => {
    const agent = await connectAgent(controller, node)
    const hello = {
      range: { min: 1, max: 1 },
      lastSeq: 0,
      bootId: 'b',
      agentVersion: '1',
      nodeName: 'one',
      openRun: null,
      warnings: [],
    }
    if (what === 'a second hello') agent.send('hello', hello)
    else agent.sendText(text)
    expect(await agent.closed).toBe(code)
  })

  it('cannot report about the run of another node', async () => {
    const mine = await connectAgent(controller, node)
    const { run } = await provision(mine)
    const foreign = await enrolNode(controller, await createCluster(controller, 'other'), 'two')
    const agent = await connectAgent(controller, foreign)
    agent.send('result', { run, outcome: 'done' }, 1)
    await agent.next('ack', (frame) => frame.ack === 1)
    expect((await showNode(controller, node.id)).run?.state).toBe('open')
  })

  it('ends when the node is removed', async () => {
    const agent = await connectAgent(controller, node)
    await admin('DELETE', `/v1/nodes/${node.id}`)
    expect((await agent.next('refuse')).body.code).toBe('node/removed')
    expect(await agent.closed).toBe(4403)
  })

  it('is kept alive by pings', async () => {
    const agent = await connectAgent(controller, node)
    const pinged = await new Promise((resolve) => agent.socket.once('ping', () => resolve(true)))
    expect(pinged).toBe(true)
  })

  it('a silent session makes its node UNREACHABLE until it reconnects', async () => {
    const agent = await connectAgent(controller, node)
    agent.socket.terminate()
    await agent.closed
    await waitFor('the end of the connection', async () => !(await showNode(controller, node.id)).connected)
    aheadMs = 80_000
    controller.tick()
    expect((await showNode(controller, node.id)).state).toBe('APPROVED')
    aheadMs = 121_000
    controller.tick()
    expect((await showNode(controller, node.id)).state).toBe('UNREACHABLE')
    await connectAgent(controller, node)
    controller.tick()
    expect((await showNode(controller, node.id)).state).toBe('APPROVED')
  })

  it('needs the certificate of a node and the subprotocol', async () => {
    const upgrade = (credentials: Installer | EnrolledNode, path: string, headers: object = {}) =>
      new Promise<number | undefined>((resolve, reject) => {
        const { hostname, port } = new URL(controller.url)
        const { ca, cert, key } = credentials
        const asked = {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
          'sec-websocket-version': '13',
        }
        const out = request({ hostname, port, path, ca, cert, key, agent: false, headers: { ...asked, ...headers } })
        out.on('upgrade', (response, socket) => {
          socket.destroy()
          resolve(response.statusCode)
        })
        out.on('response', (response) => resolve(response.statusCode))
        out.on('error', reject)
        out.end()
      })
    const subprotocol = { 'sec-websocket-protocol': 'cantrip.v1' }
    expect(await upgrade(installer, '/v1/agent', subprotocol)).toBe(403)
    expect(await upgrade(node, '/v1/agent')).toBe(403)
    expect(await upgrade(node, '/v1/nodes', subprotocol)).toBe(404)
    expect(await upgrade(installer, '/v1/ping')).toBe(101)
    expect(await upgrade(node, '/v1/agent', subprotocol)).toBe(101)
  })
})

it('each request of a node that waits for approval updates its last-seen time', async () => {
  const { privateKey } = createKeyPair()
  const request = { csr: buildCsr(privateKey, 'any'), nodeName: 'two', address: '10.0.0.2' }
  const { json } = await call(controller.url, installer, 'POST', '/v1/enrol', request)
  const seen = async () => Date.parse((await showNode(controller, json.nodeId)).lastSeen ?? '')
  const first = await seen()
  aheadMs = 60_000
  await call(controller.url, installer, 'GET', `/v1/enrol/${encodeURIComponent(json.fingerprint)}`)
  expect(await seen()).toBeGreaterThanOrEqual(first + 60_000)
})

describe('invalid requests', () => {
  beforeEach(async () => {
    await connectAgent(controller, node)
    await factsKnown()
  })

  it.each([
    [['master', 'storage'], {}, 422, 'roles/storage-alone'],
    [['worker', 'storage'], {}, 422, 'roles/storage-disks'],
    [['master'], { interface: 'eth9' }, 422, 'interface/missing'],
    [['worker', 'storage'], { disks: ['/dev/sda'] }, 422, 'disk/unusable'],
    [['boss'], {}, 400, 'request/invalid'],
  ])('%s %o is refused', async (roles, more, status, code) => {
    const answer = await configure(roles, more)
    expect([answer.status, answer.json.code]).toEqual([status, code])
    expect(answer.json.fix).not.toBe('')
  })

  it('uses the address of the selected interface', async () => {
    expect((await configure(['master'], { interface: 'eth1' })).json).toMatchObject({
      address: '10.1.0.1',
      state: 'CONFIGURED',
    })
  })

  it('provision without a node or without a bundle', async () => {
    expect((await admin('POST', '/v1/clusters/demo/provision')).json.code).toBe('cluster/no-nodes')
    rmSync(join(dataDirectory, 'bundles'), { recursive: true })
    await configure(['master'])
    const answer = await admin('POST', '/v1/clusters/demo/provision')
    expect([answer.status, answer.json.code]).toEqual([409, 'bundle/none'])
    expect(answer.json.fix).toContain('controller bundle import')
  })

  it('sends problem details, with the remedy as data', async () => {
    const answer = await admin('POST', '/v1/clusters/demo/provision')
    expect([answer.status, answer.headers['content-type']]).toEqual([409, 'application/problem+json'])
    expect(JSON.parse(answer.text)).toMatchObject({ title: 'Conflict', status: 409, code: 'cluster/no-nodes' })
    expect(JSON.parse(answer.text).remedy).toContainEqual({ do: 'node.list' })
    const { status, json } = await call(controller.url, installer, 'POST', '/v1/enrol', {})
    expect([status, Object.keys(json)]).toEqual([400, ['code', 'message', 'fix']])
  })

  it('removing a node or a cluster that is in use', async () => {
    await configure(['master'])
    await admin('POST', '/v1/clusters/demo/provision')
    expect((await admin('DELETE', `/v1/nodes/${node.id}`)).json.code).toBe('node/in-use')
    expect((await admin('DELETE', '/v1/clusters/demo')).json.code).toBe('cluster/in-use')
    expect((await admin('DELETE', '/v1/clusters/demo?force=1')).status).toBe(200)
    expect((await call(controller.url, node, 'GET', '/v1/ping')).status).toBe(403)
  })
})
