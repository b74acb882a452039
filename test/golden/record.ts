/**
 * `record.ts DIRECTORY`: records the messages of this build. A controller and agents that answer it run a short story, and
 * every message between them, every signed body and the database are written to the directory. `make.ts` runs it with
 * the sources of a release, and stores a copy of it next to the golden files.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import type { OperationAnswer } from '../../src/protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../src/protocol/wire/released-names.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { call } from '../support/controller/client.ts'
import { operationOf, Scene, type SceneNode } from '../support/controller/scene.ts'

interface Frame {
  t: string
  id: string
  body: Record<string, unknown>
}

const [output = ''] = process.argv.slice(2)
const recorded = { up: new Map<string, string>(), down: new Map<string, string>() }
const signed = new Map<string, string>()
const at = '2026-01-01T00:00:00.000Z'
const NOT_YET = { outcome: 'not-yet', waitingFor: 'the API' } as const
const error = { code: 'x/failed', message: 'found a; wanted b', fix: 'do c' }

tap()
const directory = mkdtempSync(join(tmpdir(), 'record-'))
try {
  await importSmallBundle(directory, Buffer.from('kubelet'))
  const scene = new Scene(directory)
  await scene.start()
  await play(scene)
  await scene.controller.close()
  mkdirSync(output, { recursive: true })
  copyFileSync(join(directory, 'controller.db'), join(output, 'controller.db'))
  write('up.jsonl', recorded.up)
  write('down.jsonl', recorded.down)
  write('signed.jsonl', signed)
} finally {
  rmSync(directory, { recursive: true })
}

/** One of each kind is kept: the first that came. Both ends of every connection are in this process. */
function tap(): void {
  const emit = WebSocket.prototype.emit
  WebSocket.prototype.emit = function (this: WebSocket, name: string | symbol, ...rest: unknown[]) {
    if (name === 'message') keep(String(rest[0]))
    return emit.call(this, name, ...rest)
  }
}

function keep(text: string): void {
  const frame = JSON.parse(text) as Frame
  const { event, outcome, say, payload } = frame.body as Record<string, { kind?: string } & string>
  const kinds = [frame.t, event?.kind, outcome, say].filter((each) => each !== undefined)
  const order = payload === undefined ? undefined : (JSON.parse(payload) as Record<string, string>)
  if (order && payload !== undefined) {
    const kind = order.role ?? order.errand ?? order.order ?? ''
    kinds.push(kind)
    if (!signed.has(kind)) signed.set(kind, payload)
  }
  const { up, down } = recorded
  const side = frame.id.startsWith('a') ? up : down
  const key = kinds.join(' ')
  if (!side.has(key)) side.set(key, text)
}

function write(name: string, lines: Map<string, string>): void {
  writeFileSync(join(output, name), [...lines.values()].map((line) => `${line}\n`).join(''))
}

async function play(scene: Scene): Promise<void> {
  const m1 = await scene.enrolled('m1', ['master'])
  const m2 = await scene.enrolled('m2', ['master'])
  const m3 = await scene.enrolled('m3', ['master'])
  const w1 = await scene.enrolled('w1', ['worker'])
  await checkPairs(scene, [m1, m2, m3, w1])
  const [first, second, , fourth] = await scene.provision(m1, m2, m3, w1)
  const run = first?.run ?? ''
  tellEvents(m1, run)
  m1.agent.send('result', { run, outcome: 'done' }, 9)
  const sealTo = Buffer.alloc(32, 7).toString('base64')
  for (const given of [NOT_YET, { outcome: 'done', sealed: 'c2VhbGVk' } as const]) {
    const asked = call(scene.controller.url, w1.node, 'POST', '/v1/node/invitation?waitMs=500', { sealTo })
    await answer(m1, given)
    await asked
  }
  w1.agent.send('result', { run: fourth?.run ?? '', outcome: 'done' }, 1)
  await w1.agent.next('ack')
  // The test support of the first releases has none.
  await scene.report?.([m1, m2, m3, w1])
  const health = scene.admin('GET', '/v1/clusters/demo/health')
  await answer(m1, { outcome: 'done', etcd: [{ name: 'm1', isHealthy: true, isLearner: false }] })
  await health
  await leave(scene, m1, w1)
  m2.agent.send('result', { run: second?.run ?? '', outcome: 'failed', error }, 1)
  await m2.agent.next('ack')
  await scene.admin('POST', '/v1/clusters/demo/reset')
  await m3.agent.next('cancel')
  m2.agent.send('reset', {}, 2)
  await m2.agent.next('ack')
}

function tellEvents({ agent }: SceneNode, run: string): void {
  const step = 'cluster-config/bind-rights'
  const steps = [{ id: step, title: 'Binding rights' }]
  agent.event(1, run, { kind: 'run-started', at, role: 'first-master', steps })
  agent.event(2, run, { kind: 'step-started', at, step, title: 'Binding rights' })
  agent.event(3, run, { kind: 'step-progress', at, step, done: 1, of: 2, unit: 'bytes' })
  agent.event(4, run, { kind: 'log', at, level: 'info', message: 'a line' })
  agent.event(5, run, { kind: 'step-failed', at, step, error })
  agent.event(6, run, { kind: 'step-skipped', at, step, because: 'it is done' })
  agent.event(7, run, { kind: 'step-done', at, step, ms: 12.5 })
  agent.event(8, run, { kind: 'run-ended', at, outcome: 'done', ms: 100 })
}

async function answer(
  node: SceneNode,
  given: { outcome: 'done'; etcd?: object[]; sealed?: string } | { outcome: 'not-yet'; waitingFor: string },
): Promise<void> {
  const { id } = await operationOf(node)
  node.agent.send(OPERATION_FRAME, { id, ...given } as OperationAnswer)
}

/** Only the first node answers, with every message that a node can send. */
async function checkPairs(scene: Scene, nodes: SceneNode[]): Promise<void> {
  const [m1] = nodes
  if (!m1) return
  const over = scene.admin('POST', '/v1/clusters/demo/precheck')
  const { body } = await m1.agent.next('pair-check')
  const { check, peers } = JSON.parse('payload' in body ? body.payload : '{}')
  const firewall = { kind: 'nftables' as const, input: ['inet filter input'], output: [] }
  m1.agent.send('pair-check', { say: 'listening', check, ports: [{ port: '6443/tcp', state: 'open' }], firewall })
  const peer = peers[0]?.node ?? ''
  const timing = { roundTrips: 3, lost: 0, medianMs: 0.5, p99Ms: 1, offsetMs: 0.1 }
  const sizes = { mtu: 1500, dontFragment: true, whole: [1450], answered: [1450] }
  const dialled = { node: peer, ports: [{ port: '6443/tcp', reach: 'filtered' }], timing, sizes } as const
  m1.agent.send('pair-check', { say: 'dialled', check, round: 0, peers: [{ ...dialled, ports: [...dialled.ports] }] })
  m1.agent.send('pair-check', { say: 'heard', check, peers: [{ node: peer, port: '8472/udp', packets: 1, sizes: [] }] })
  for (const { agent } of nodes.slice(1)) agent.send('pair-check', { say: 'refused', check, error })
  await over
}

/** Out of its cluster by a master, then its machine restored; then its session ends. */
async function leave(scene: Scene, m1: SceneNode, w1: SceneNode): Promise<void> {
  await scene.admin('DELETE', `/v1/nodes/${w1.node.id}`)
  await answer(m1, { outcome: 'done' })
  const { run } = await w1.agent.instruction()
  w1.agent.send('result', { run, outcome: 'done' }, 2)
  await w1.agent.closed
}
