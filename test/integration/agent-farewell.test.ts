import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { leave } from '../../src/agent/identity/leave.ts'
import { undoChanges } from '../../src/agent/restore/undo-changes.ts'
import { type Controller, startController } from '../../src/controller/start.ts'
import { linuxNetwork } from '../../src/host/linux/network/network.ts'
import type { NodeDetail } from '../../src/protocol/api/nodes.ts'
import { agentOf, askAdmin } from '../support/agent/enrolled.ts'
import { fileText, type Installation, type Service } from '../support/agent/installation.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { showNode } from '../support/controller/client.ts'
import { waitFor } from '../support/wait-for.ts'

let dataDirectory: string
let controller: Controller
let agent: Installation
let service: Service

const start = async (port = 0) => {
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port },
    heartbeatMs: () => 1_000,
    tickMs: 600_000,
    drainMs: 100,
  })
}
const details = () => service.output()
const nodeId = () => agent.status()?.nodeId ?? ''
const shown = (): Promise<NodeDetail> => showNode(controller, nodeId())
const becomes = (state: string) => waitFor(state, async () => (await shown()).state === state || undefined, { details })
const stepDone = (number: number) => waitFor('a step', () => fileText(join(agent.root, `step-${number}`)), { details })

async function provisioned(settings: Parameters<typeof agentOf>[1] = {}): Promise<void> {
  agent = await agentOf(controller, settings)
  service = agent.start()
  await waitFor('the node to be registered', () => agent.status()?.nodeId || undefined, { details })
  await askAdmin(controller, 'POST', `/v1/nodes/${nodeId()}/approve`)
  await waitFor('the facts', async () => (await shown()).facts !== null || undefined, { details })
  await provision()
  await waitFor('the run to end', async () => (await shown()).run?.state === 'done' || undefined, { details })
}
async function provision(): Promise<void> {
  await askAdmin(controller, 'POST', `/v1/nodes/${nodeId()}/configure`, { roles: ['master', 'worker'] })
  await askAdmin(controller, 'POST', '/v1/clusters/demo/provision')
}

async function resetByHand(): Promise<void> {
  await service.end('SIGTERM')
  const signal = new AbortController().signal
  const { paths } = agent
  const taken = await undoChanges({ paths, scope: 'kubernetes', run: 'reset-1', emit: () => undefined, signal })
  expect(taken).toMatchObject({ restored: true, leftovers: [] })
}
const goodbye = () => leave({ paths: agent.paths, stays: 'nothing', network: linuxNetwork })

beforeEach(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  await importSmallBundle(dataDirectory, Buffer.from('kubelet'))
  await start()
})
afterEach(async () => {
  await service.end('SIGKILL')
  await controller.close()
  agent.remove()
  rmSync(dataDirectory, { recursive: true })
})

test('the controller learns of an `agent reset` during its outage, and the node can be provisioned again', async () => {
  await provisioned()
  expect((await shown()).state).toBe('PROVISIONING')
  const { port } = controller
  await controller.close()
  await resetByHand()
  expect(fileText(join(agent.root, 'step-1'))).toBeUndefined()
  service = agent.start()
  await start(port)
  await becomes('DISCOVERED')
  expect(await shown()).toMatchObject({ roles: [], error: null })
  expect((await askAdmin(controller, 'GET', '/v1/clusters/demo')).state).toBe('NEW')
  await waitFor('the agent to know', () => agent.status()?.state === 'DISCOVERED' || undefined, { details })
  expect(agent.status()?.kubernetesVersion).toBeNull()

  await askAdmin(controller, 'POST', `/v1/nodes/${nodeId()}/approve`)
  await becomes('APPROVED')
  await provision()
  await stepDone(3)
})

test('`agent reset` during a run, with automatic approval: the run is cancelled, and the node is APPROVED', async () => {
  agent = await agentOf(controller, { autoApprove: true })
  agent.setWork('1500')
  service = agent.start()
  await waitFor('the node to be registered', () => agent.status()?.nodeId || undefined, { details })
  await waitFor('the facts', async () => (await shown()).facts !== null || undefined, { details })
  await provision()
  await stepDone(1)
  await resetByHand()
  service = agent.start()
  await becomes('APPROVED')
  expect(await shown()).toMatchObject({ roles: [], error: null, run: { state: 'cancelled' } })
})

test('a newer instruction overrides an `agent reset`', async () => {
  await provisioned()
  await resetByHand()
  // The administrator requests a reset, which the node has not received yet.
  await askAdmin(controller, 'POST', '/v1/clusters/demo/reset')
  expect((await shown()).run).toMatchObject({ role: 'reset', state: 'open' })
  service = agent.start()
  await becomes('DISCOVERED')
  expect((await shown()).run).toMatchObject({ role: 'reset', state: 'done' })
})

test('an uninstalled node is removed from the controller, even with Kubernetes on it, and the request can be repeated', async () => {
  await provisioned()
  await service.end('SIGTERM')
  expect(await goodbye()).toBeUndefined()
  expect((await shown()).state).toBe('REMOVED')
  expect(await askAdmin(controller, 'GET', '/v1/nodes')).toEqual({ items: [], next: null })
  expect(await goodbye()).toBeUndefined()
})

test('uninstall without a reachable controller names it, and what its administrator must do', async () => {
  await provisioned()
  await service.end('SIGTERM')
  const { port } = controller
  await controller.close()
  const beganAt = performance.now()
  const line = await goodbye()
  expect(performance.now() - beganAt).toBeLessThan(20_000)
  expect(line).toMatch(/could not notify .*cannot be reached.*controller node remove one --force$/)
  expect(line).not.toContain('\n')
  await start(port)
  expect((await shown()).state).toBe('PROVISIONING')
})
