// A hundred nodes ÷ one, each with the same stubbed work, from `provision` to READY: the overhead of the controller.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import type { ClusterView } from '../../src/protocol/api/clusters.ts'
import { OPERATION_FRAME } from '../../src/protocol/wire/released-names.ts'
import { connectAgent, type ScriptedAgent } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, call, createCluster, type EnrolledNode, enrolNode } from '../support/controller/client.ts'
import { wellReport } from '../support/controller/well-report.ts'
import { report } from './measure.ts'

const STEPS = 30
const STEP_MS = 400
/** The steps of a worker before it asks for its invitation. */
const BEFORE_JOINING = 25
const ADMITS_NODES = 'cluster-config/bind-rights'
const at = '2026-01-01T00:00:00.000Z'

const one = await provision(1)
const many = await provision(100)
console.log(
  `1 node ${(one / 1000).toFixed(1)} s, 100 nodes ${(many / 1000).toFixed(1)} s, with ${STEPS} steps of ${STEP_MS} ms each`,
)
report('many-nodes', many / one, 1.2)

interface Stub {
  name: string
  node: EnrolledNode
  agent: ScriptedAgent
}

/** Milliseconds until the cluster is READY. */
async function provision(count: number): Promise<number> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'bench-'))
  await importSmallBundle(dataDirectory, Buffer.from('kubelet'))
  const controller = await startController({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } })
  const admin = (method: string, path: string, body?: unknown) =>
    call(controller.url, adminOf(controller), method, path, body)
  try {
    const installer = await createCluster(controller, 'demo', { autoApprove: true })
    const stubs: Stub[] = []
    for (let index = 0; index < count; index++) {
      const name = `node-${index}`
      const node = await enrolNode(controller, installer, name)
      stubs.push({ name, node, agent: await connectAgent(controller, node) })
    }
    await sleep(1_000)
    for (const [index, { node }] of stubs.entries()) {
      const answer = await admin('POST', `/v1/nodes/${node.id}/configure`, {
        roles: index === 0 ? ['master'] : ['worker'],
      })
      if (answer.status !== 200) throw new Error(answer.text)
    }
    const startedMs = performance.now()
    await admin('POST', '/v1/clusters/demo/provision')
    await Promise.all(stubs.map((stub, index) => (index === 0 ? beMaster(stub) : beWorker(controller, stub))))
    await reportNodes(controller, stubs)
    const { state } = (await admin('GET', '/v1/clusters/demo')).json as ClusterView
    if (state !== 'READY') throw new Error(`the cluster is ${state}`)
    for (const { agent } of stubs) agent.socket.close()
    return performance.now() - startedMs
  } finally {
    await controller.close()
    rmSync(dataDirectory, { recursive: true })
  }
}

async function beMaster({ agent }: Stub): Promise<void> {
  const { run } = await agent.instruction()
  serve(agent)
  for (let step = 1; step <= STEPS; step++)
    await work(agent, run, step, step === BEFORE_JOINING ? ADMITS_NODES : undefined)
  agent.send('result', { run, outcome: 'done' }, STEPS + 1)
}

async function beWorker(controller: Controller, { node, agent }: Stub): Promise<void> {
  const { run } = await agent.instruction()
  for (let step = 1; step <= BEFORE_JOINING; step++) await work(agent, run, step)
  const sealTo = Buffer.alloc(32, 7).toString('base64')
  for (let status = 202; status !== 200; ) {
    const asked = await call(controller.url, node, 'POST', '/v1/node/invitation?waitMs=25000', { sealTo })
    status = asked.status
    if (status === 202) await sleep(1_000)
    else if (status !== 200) throw new Error(asked.text)
  }
  for (let step = BEFORE_JOINING + 1; step <= STEPS; step++) await work(agent, run, step)
  agent.send('result', { run, outcome: 'done' }, STEPS + 1)
}

async function work(agent: ScriptedAgent, run: string, seq: number, step = `stub/step-${seq}`): Promise<void> {
  await sleep(STEP_MS)
  agent.event(seq, run, { kind: 'step-done', at, step, ms: STEP_MS })
}

/** A master that answers each operation at once. */
function serve(agent: ScriptedAgent): void {
  agent.socket.on('frame', () => {
    for (const frame of agent.received.splice(0)) {
      if (frame.t !== OPERATION_FRAME) continue
      const { id } = JSON.parse(frame.body.payload)
      agent.send(OPERATION_FRAME, { id, outcome: 'done', sealed: 'c2VhbGVk' })
    }
  })
}

/** Sends the report of the operator about all nodes. */
async function reportNodes(controller: Controller, stubs: readonly Stub[]): Promise<void> {
  const [first] = stubs
  if (!first) return
  const { privateKey } = createKeyPair()
  const csr = buildCsr(privateKey, 'operator')
  const { json } = await call(controller.url, first.node, 'POST', '/v1/operator/certificate', { csr })
  const identity = { ca: first.node.ca, cert: json.certificate, key: keyToPem(privateKey) }
  const names = stubs.map(({ name }) => name)
  const body = wellReport(names, names.slice(0, 1))
  // The last results may still be in transit.
  await sleep(500)
  const { status, text } = await call(controller.url, identity, 'POST', '/v1/operator/report', body)
  if (status !== 200) throw new Error(text)
}
