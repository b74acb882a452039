import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULT_VERSIONS } from '../../src/bundle/versions/sets.ts'
import { credentialsText } from '../../src/controller/clusters/join/credentials-text.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { encryptKey } from '../../src/pki/encrypt-key.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import type { CreateClusterResponse } from '../../src/protocol/api/clusters.ts'
import type { LogEntry } from '../../src/protocol/api/events.ts'
import type { NodeDetail } from '../../src/protocol/api/nodes.ts'
import { fileText, type Installation, installAgent, type Service } from '../support/agent/installation.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, call, showNode } from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

const PASSPHRASE = 'correct horse battery staple'
let dataDirectory: string
let controller: Controller
let agent: Installation
let service: Service
let manifestSha256: string

async function start(port = 0): Promise<void> {
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port },
    heartbeatMs: () => 1_000,
    tickMs: 600_000,
    drainMs: 100,
  })
}
async function admin(method: string, path: string, body?: unknown) {
  const answer = await call(controller.url, adminOf(controller), method, path, body)
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.json
}
const details = () => service.output()
const nodeId = () => waitFor('the node to be registered', () => agent.status()?.nodeId ?? undefined, { details })
const shown = async (): Promise<NodeDetail> => showNode(controller, await nodeId())
const events = async (): Promise<LogEntry[]> => (await admin('GET', `/v1/events?node=${await nodeId()}`)).events
const connected = () => waitFor('the agent to connect', () => agent.status()?.connected || undefined, { details })

beforeEach(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  manifestSha256 = (await importSmallBundle(dataDirectory, Buffer.from('kubelet'))).manifestSha256
  await start()
  const { privateKey } = createKeyPair()
  const cluster = { name: 'demo', settings: {}, csr: buildCsr(privateKey, 'installer') }
  const { installer }: CreateClusterResponse = await admin('POST', '/v1/clusters', cluster)
  const pem = await credentialsText(await encryptKey(privateKey, PASSPHRASE), installer)
  agent = await installAgent(pem, PASSPHRASE, 'one')
  service = agent.start()
})
afterEach(async () => {
  await service.end('SIGKILL')
  await controller.close()
  agent.remove()
  rmSync(dataDirectory, { recursive: true })
})

async function approved(): Promise<string> {
  const id = await nodeId()
  await admin('POST', `/v1/nodes/${id}/approve`)
  await connected()
  await waitFor('the facts', async () => ((await shown()).facts ? true : undefined), { details })
  return id
}

async function provision(): Promise<void> {
  await approved()
  await provisionNow()
}

async function provisionNow(): Promise<void> {
  await admin('POST', `/v1/nodes/${await nodeId()}/configure`, { roles: ['master', 'worker'] })
  await admin('POST', '/v1/clusters/demo/provision')
}

const kinds = async () =>
  (await events()).map(({ event }) => ('step' in event ? `${event.kind} ${event.step}` : event.kind))
const endedRun = () =>
  waitFor('the run to end', async () => (await events()).find(({ event }) => event.kind === 'run-ended')?.event, {
    details,
  })

test('enrols with its own key, waits for approval, connects, and removes the installer credentials', async () => {
  const { paths } = agent
  const id = await nodeId()
  expect(agent.status()).toMatchObject({ state: 'DISCOVERED', connected: false, cluster: 'demo' })
  expect((await shown()).fingerprint).toBe(agent.status()?.fingerprint)
  expect(existsSync(paths.installerKey)).toBe(true)
  expect(await approved()).toBe(id)
  await waitFor('APPROVED', () => agent.status()?.state === 'APPROVED' || undefined, { details })
  const { installerKey, installerCertificate, nodeKey, nodeIdentity } = paths
  for (const path of [installerKey, installerCertificate, nodeKey]) expect(existsSync(path)).toBe(false)
  expect(statSync(nodeIdentity).mode & 0o777).toBe(0o600)
  expect(service.output()).not.toMatch(/PRIVATE KEY|horse/)
})

test('executes a signed instruction in a child process, and reports every step in order', async () => {
  await provision()
  expect(await endedRun()).toMatchObject({ outcome: 'done' })
  const steps = [1, 2, 3].flatMap((n) => [`step-started fake/step-${n}`, 'log', `step-done fake/step-${n}`])
  expect((await kinds()).filter((kind) => kind !== 'state')).toEqual(
    expect.arrayContaining(['run-started', ...steps, 'run-ended']),
  )
  await waitFor('the instruction to be finished', () => !existsSync(agent.paths.instructionFile) || undefined, {
    details,
  })
  expect(service.process.pid).not.toBe(Number(readFileSync(join(agent.root, 'step-1'), 'utf8')))
  expect(agent.status()).toMatchObject({
    state: 'PROVISIONING',
    run: null,
    kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
  })
  const output = JSON.stringify(await events()) + service.output()
  expect(output).toContain('with token ***')
  expect(output).not.toContain('0123456789abcdef')
})

test('a kill during a run and an outage of the controller lose no event, and repeat no step', async () => {
  agent.setWork('700')
  await provision()
  const first = await waitFor('the first step', () => fileText(join(agent.root, 'step-1')), { details })
  const { port } = controller
  await controller.close()
  await service.end('SIGKILL')
  service = agent.start()
  await waitFor('the work to be finished', () => fileText(join(agent.root, 'step-3')), { details })
  await start(port)
  expect(await endedRun()).toMatchObject({ outcome: 'done' })
  expect(fileText(join(agent.root, 'step-1'))).toBe(first)
  const seen = await kinds()
  expect(seen.filter((kind) => kind === 'step-done fake/step-1')).toHaveLength(1)
  expect(seen).toContain('step-skipped fake/step-1')
  expect(seen.filter((kind) => kind === 'run-ended')).toHaveLength(1)
})

test('SIGTERM interrupts the run at a safe point; the next start continues it', async () => {
  agent.setWork('1500')
  await provision()
  await waitFor('the first step', () => fileText(join(agent.root, 'step-1')), { details })
  expect(await service.end('SIGTERM')).toBe(0)
  expect(await kinds()).not.toContain('run-ended')
  expect(existsSync(agent.paths.instructionFile)).toBe(true)
  service = agent.start()
  expect(await endedRun()).toMatchObject({ outcome: 'done' })
})

test('SIGTERM ends an agent that waits for approval at once', async () => {
  await nodeId()
  await waitFor('the long poll', () => service.output().includes('registered as') || undefined, { details })
  await setTimeout(1_000)
  const began = performance.now()
  await service.end('SIGTERM')
  expect(performance.now() - began).toBeLessThan(5_000)
})

test('it reconnects by itself after an outage of the controller', async () => {
  await approved()
  const { port } = controller
  await controller.close()
  await waitFor('the agent to notice the loss', () => agent.status()?.connected === false || undefined, { details })
  expect(agent.status()?.problem).not.toBeNull()
  await start(port)
  await connected()
  expect(agent.status()?.problem).toBeNull()
})

test('a bundle that does not match its signature fails the run before any change, with the code of the error', async () => {
  agent.setWork('real')
  await approved()
  await service.end('SIGTERM')
  await provisionNow()
  const manifest = join(dataDirectory, 'bundles', manifestSha256, 'manifest.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('kubelet', 'kubelex'))
  service = agent.start()
  const event = await endedRun()
  expect(event).toMatchObject({ outcome: 'failed', error: { code: expect.stringMatching(/^bundle\//) } })
  await waitFor('FAILED', async () => ((await shown()).state === 'FAILED' ? true : undefined), { details })
})

test('a removed node keeps running and retries rarely', async () => {
  const id = await approved()
  await admin('DELETE', `/v1/nodes/${id}`)
  await waitFor('the refusal', () => (agent.status()?.problem?.code === 'controller/refused' ? true : undefined), {
    details,
  })
  expect(service.process.exitCode).toBeNull()
})
