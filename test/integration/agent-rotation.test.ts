import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readIdentity } from '../../src/agent/identity/identity.ts'
import type { AgentPaths } from '../../src/agent/paths.ts'
import { undoChanges } from '../../src/agent/restore/undo-changes.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { agentOf } from '../support/agent/enrolled.ts'
import type { Installation, Service } from '../support/agent/installation.ts'
import { showNode } from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

const DAY_MS = 86_400_000
/** With 0.01 as random number the agent rotates at 70.2 % of 30 days. */
const DUE_MS = 21.2 * DAY_MS

let dataDirectory: string
let controller: Controller
let agent: Installation
let service: Service | undefined
let behindMs: number

const start = async (port = 0, lateRenewalDays = 400) => {
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port },
    now: () => new Date(Date.now() - behindMs),
    heartbeatMs: () => 1_000,
    tickMs: 600_000,
    drainMs: 100,
    lateRenewalDays,
  })
}
const details = () => service?.output() ?? ''
const connected = () => waitFor('the agent to connect', () => agent.status()?.connected || undefined, { details })
const pair = () => readFileSync(agent.paths.nodeIdentity, 'utf8')
const shown = async () => showNode(controller, agent.status()?.nodeId ?? '')
const rotatedFrom = (before: string) => waitFor('another pair', () => pair() !== before || undefined, { details })

async function install(prepare?: (paths: AgentPaths) => void): Promise<void> {
  agent = await agentOf(controller, { autoApprove: true }, prepare)
  service = agent.start()
}

function isUsable(): boolean {
  const identity = readIdentity(agent.paths)
  if (!identity) return false
  const own = createPublicKey(createPrivateKey(identity.key))
  return new X509Certificate(identity.cert).publicKey.equals(own)
}

beforeEach(async () => {
  behindMs = 0
  service = undefined
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  await start()
})
afterEach(async () => {
  await service?.end('SIGKILL')
  await controller.close()
  agent.remove()
  rmSync(dataDirectory, { recursive: true })
})

test('a node due for rotation gets a new key and certificate, and connects with them', async () => {
  await install()
  await connected()
  const before = { pair: pair(), ...agent.status() }
  agent.setAhead(DUE_MS - DAY_MS)
  await setTimeout(1_500)
  expect(pair()).toBe(before.pair)

  agent.setAhead(DUE_MS)
  await rotatedFrom(before.pair)
  agent.setAhead(0)
  await waitFor('the new key on record', async () => (await shown()).fingerprint !== before.fingerprint || undefined, {
    details,
  })
  await connected()
  expect(isUsable()).toBe(true)
  expect(statSync(agent.paths.nodeIdentity).mode & 0o777).toBe(0o600)
  expect(agent.status()).toMatchObject({ nodeId: before.nodeId, problem: null })
  await waitFor(
    'one key on both sides',
    async () => agent.status()?.fingerprint === (await shown()).fingerprint || undefined,
  )
  expect(readdirSync(agent.paths.configDirectory).sort()).toEqual(['agent.json', 'ca.crt', 'node.pem'])
  expect(details()).not.toMatch(/PRIVATE KEY/)
})

test('after a kill at any moment of the rotation, the node has a key and certificate that the controller accepts', async () => {
  await install()
  await connected()
  agent.setAhead(DUE_MS)
  let pairs = 0
  let last = pair()
  for (let kill = 0; kill < 8; kill++) {
    await connected()
    await setTimeout(kill * 60)
    await service?.end('SIGKILL')
    expect(isUsable()).toBe(true)
    if (pair() !== last) pairs++
    last = pair()
    rmSync(agent.paths.statusFile)
    service = agent.start()
  }
  await connected()
  expect(pairs).toBeGreaterThan(0)
  // It connects again when it has renewed its key.
  await waitFor('the controller to show it', async () => (await shown()).connected || undefined, { details })
})

test('without the controller the certificate is kept, and it is renewed afterwards', async () => {
  await install()
  await connected()
  const before = pair()
  const { port } = controller
  await controller.close()
  agent.setAhead(DUE_MS)
  await waitFor('a try', () => /could not renew/.test(details()) || undefined, { details })
  expect(pair()).toBe(before)
  await start(port)
  await rotatedFrom(before)
})

test('uninstall after a rotation removes all files, and reports no foreign change', async () => {
  const mine = (paths: AgentPaths) => {
    mkdirSync(paths.configDirectory, { recursive: true })
    writeFileSync(join(paths.configDirectory, 'mine'), 'precious')
  }
  await install(mine)
  await connected()
  const before = pair()
  agent.setAhead(DUE_MS)
  await rotatedFrom(before)
  await service?.end('SIGTERM')
  // A rotation that was interrupted just before its end.
  writeFileSync(join(agent.paths.configDirectory, '.node.pem.cantrip'), 'half a key')
  const { paths } = agent
  const signal = new AbortController().signal
  const taken = await undoChanges({ paths, scope: 'all', run: 'uninstall-1', emit: () => undefined, signal })
  expect(taken).toMatchObject({ restored: true, differences: [], leftovers: [], kept: [] })
  // agent.json was written by the test.
  expect(readdirSync(paths.configDirectory).sort()).toEqual(['agent.json', 'mine'])
})

test('a certificate that expired while the node was off is reported, and a new installation replaces it', async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
  behindMs = 31 * DAY_MS
  await start()
  await install()
  await waitFor('the error', () => agent.status()?.problem?.code === 'identity/expired' || undefined, { details })
  const { nodeId, problem } = agent.status() ?? {}
  expect(problem).toMatchObject({
    message: expect.stringMatching(/expired at \d{4}-.* the clock of this machine is at \d{4}-/),
    fix: expect.stringMatching(/run the installation again .* passphrase/),
  })
  expect(service?.process.exitCode).toBeNull()
  await service?.end('SIGTERM')
  const { port } = controller
  await controller.close()
  behindMs = 0
  await start(port)
  await agent.installCredentials()
  expect(existsSync(agent.paths.installerKey)).toBe(true)
  service = agent.start()
  await connected()
  expect(agent.status()).toMatchObject({ nodeId, problem: null })
  expect(existsSync(agent.paths.installerKey)).toBe(false)
})

test('a node whose certificate expired while it was off renews it, and connects', async () => {
  const before = await expiredSince(1)
  await connected()
  await waitFor('the new key on record', async () => (await shown()).fingerprint !== before.fingerprint || undefined)
  expect(agent.status()).toMatchObject({ nodeId: before.nodeId, problem: null })
  expect(pair()).not.toBe(before.pair)
  expect(isUsable()).toBe(true)
})

test('a controller that was away for long is found again by a node that runs: its certificate is renewed', async () => {
  const before = await expiredSince(1, false)
  await connected()
  expect(agent.status()).toMatchObject({ nodeId: before.nodeId, problem: null })
  expect(pair()).not.toBe(before.pair)
})

test('a certificate that expired too long ago is not renewed', async () => {
  const before = await expiredSince(1, true, 0)
  await waitFor('the error', () => agent.status()?.problem?.code === 'identity/expired' || undefined, { details })
  await setTimeout(3_000)
  expect(agent.status()?.connected).toBe(false)
  expect(pair()).toBe(before.pair)
})

/** A node that enrolled so long ago that its certificate expired `days` ago; it has been off, or has run without its controller. */
async function expiredSince(days: number, wasOff = true, lateRenewalDays?: number) {
  const { port } = controller
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
  behindMs = (30 + days) * DAY_MS
  await start(port)
  await install()
  await waitFor('the error', () => agent.status()?.problem?.code === 'identity/expired' || undefined, { details })
  const before = { pair: pair(), ...agent.status() }
  if (wasOff) await service?.end('SIGTERM')
  await controller.close()
  behindMs = 0
  await start(port, lateRenewalDays)
  if (wasOff) service = agent.start()
  return before
}
