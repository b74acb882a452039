/** Two agents with one identity, as after the disk of a node was copied; and one agent that only looks like two. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MachineIds } from '../../src/agent/identity/machine.ts'
import { pathsOf } from '../../src/agent/paths.ts'
import { readStatus } from '../../src/agent/status.ts'
import { credentialsText } from '../../src/controller/clusters/join/credentials-text.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { encryptKey } from '../../src/pki/encrypt-key.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import type { CreateClusterResponse } from '../../src/protocol/api/clusters.ts'
import {
  type Installation,
  installAgent,
  type Service,
  startService,
  writeMachine,
} from '../support/agent/installation.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, call, showNode } from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

const ID = 'fedcba9876543210fedcba9876543210'
const OTHER_ID = 'fedcba9876543210fedcba987654321f'
const UUID = '2f1a8f52-6c0e-4f3b-9f0e-0c9f6f2f9f11'
const OTHER_UUID = '9f0e0c9f-4f3b-6c0e-8f52-6f2f9f112f1a'
const PASSPHRASE = 'correct horse battery staple'
let dataDirectory: string
let controller: Controller
let aheadMs: number
let agent: Installation
let service: Service
let copied: string
let copy: Service | undefined

async function admin(method: string, path: string, body?: unknown) {
  const answer = await call(controller.url, adminOf(controller), method, path, body)
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.json
}
const details = () => `${service.output()}\n--- the copy:\n${copy?.output() ?? ''}`
const nodeId = () => waitFor('the node to be registered', () => agent.status()?.nodeId ?? undefined, { details })
const shown = async () => showNode(controller, await nodeId())
const connected = () => waitFor('the agent to connect', () => agent.status()?.connected || undefined, { details })
const statusOfCopy = () => readStatus(pathsOf(undefined, copied).statusFile)

beforeEach(async () => {
  aheadMs = 0
  copy = undefined
  copied = mkdtempSync(join(tmpdir(), 'copied-agent-'))
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  await importSmallBundle(dataDirectory, Buffer.from('kubelet'))
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    now: () => new Date(Date.now() + aheadMs),
    tickMs: 600_000,
    drainMs: 100,
  })
  const { privateKey } = createKeyPair()
  const cluster = { name: 'demo', settings: {}, csr: buildCsr(privateKey, 'installer') }
  const { installer }: CreateClusterResponse = await admin('POST', '/v1/clusters', cluster)
  const pem = await credentialsText(await encryptKey(privateKey, PASSPHRASE), installer)
  agent = await installAgent(pem, PASSPHRASE, 'one')
  service = agent.start()
  await admin('POST', `/v1/nodes/${await nodeId()}/approve`)
  await connected()
  await waitFor('the facts', async () => (await shown()).facts !== null || undefined, { details })
})
afterEach(async () => {
  await copy?.end('SIGKILL')
  await service.end('SIGKILL')
  await controller.close()
  agent.remove()
  for (const directory of [copied, dataDirectory]) rmSync(directory, { recursive: true })
})

/** Starts an agent on a copy of the disk; like containers of one host, both have the same boot and address. */
function startCopy(ids: Partial<MachineIds>): Service {
  cpSync(agent.root, copied, { recursive: true })
  writeMachine(copied, ids)
  copy = startService(copied)
  return copy
}

const problemOf = (code: string | undefined) => code === 'node/two-machines' || undefined
const errors = (of: Service) => of.output().match(/ error .*/g) ?? []

test('both are refused, both say it once with a fix, and neither gets an order until one is gone', async () => {
  const other = startCopy({ machineId: OTHER_ID })
  await waitFor('the agent to say so', () => problemOf(agent.status()?.problem?.code), { details })
  await waitFor('the copy to say so', () => problemOf(statusOfCopy()?.problem?.code), { details })
  await admin('POST', `/v1/nodes/${await nodeId()}/configure`, { roles: ['master', 'worker'] })
  await admin('POST', '/v1/clusters/demo/provision')
  // Each has tried several times: the pauses of these agents are short.
  const tries = (of: Service) => of.output().match(/two machines have the key .*; retrying in/g)?.length ?? 0
  await waitFor('more tries', () => (tries(service) > 3 && tries(other) > 3) || undefined, { details })
  for (const each of [service, other]) {
    expect(errors(each)).toHaveLength(1)
    expect(errors(each)[0]).toMatch(
      /two machines have the key .*machine-id [0-9a-f]{32}.*node one.*fix: .*rm .*node\.pem/,
    )
    expect(each.output()).not.toMatch(/4409|carrying out|run-started/)
  }
  expect((await shown()).connected).toBe(false)
  for (const root of [agent.root, copied]) expect(existsSync(pathsOf(undefined, root).instructionFile)).toBe(false)
  await other.end('SIGKILL')
  aheadMs = 21 * 60_000
  await connected()
  await waitFor('its run', async () => (await shown()).run?.state === 'done' || undefined, { details })
})

test('an indistinguishable copy does not flap: the agent that was replaced waits, and says that another one has its key', async () => {
  const other = startCopy({ machineId: ID })
  await waitFor('the copy', () => statusOfCopy()?.connected || undefined, { details })
  await waitFor('the agent', () => errors(service).length > 0 || undefined, { details })
  expect(errors(service)[0]).toMatch(/another agent connected with the key of this node.*machine-id .*fix: /)
  expect(other.output()).not.toContain('two machines')
})

test('an agent that is restarted, killed, installed again or started after a reboot is one machine', async () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await service.end(signal)
    service = agent.start()
    await waitFor('a new session', () => /connected to/.test(service.output()) || undefined, { details })
  }
  await agent.installCredentials()
  await service.end('SIGKILL')
  service = agent.start()
  await waitFor('a new session', () => /connected to/.test(service.output()) || undefined, { details })
  await waitFor('connected', async () => (await shown()).connected || undefined, { details })
  expect((await shown()).warnings).toEqual([])
  expect(service.output()).not.toMatch(/two machines|another agent/)
})

test('a copy on another machine refuses the identity, and does not disturb the original', async () => {
  await service.end('SIGTERM')
  agent.setMachine({ machineId: ID, productUuid: UUID })
  service = agent.start()
  await waitFor('a new session', () => /connected to/.test(service.output()) || undefined, { details })
  const other = startCopy({ machineId: OTHER_ID, productUuid: OTHER_UUID })
  await waitFor('the refusal', () => statusOfCopy()?.problem?.code === 'identity/copied' || undefined, { details })
  expect(statusOfCopy()?.problem?.message).toMatch(new RegExp(`${ID}.*${UUID}.*${OTHER_ID}.*${OTHER_UUID}`))
  expect(other.output()).not.toContain('connected to')
  expect((await shown()).connected).toBe(true)
  expect((await shown()).warnings).toEqual([])
})
