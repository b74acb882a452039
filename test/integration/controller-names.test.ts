/** A name that was approved belongs to its node until an administrator gives it to another one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Controller, startController } from '../../src/controller/start.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair } from '../../src/pki/key.ts'
import { connectAgent } from '../support/controller/agent.ts'
import {
  adminOf,
  call,
  createCluster,
  type EnrolledNode,
  enrolNode,
  type Installer,
} from '../support/controller/client.ts'

let dataDirectory: string
let controller: Controller
let aheadMs: number
const start = async () => {
  controller = await startController({
    dataDirectory,
    listen: { host: '127.0.0.1', port: 0 },
    now: () => new Date(Date.now() + aheadMs),
    tickMs: 600_000,
  })
}
beforeEach(async () => {
  aheadMs = 0
  dataDirectory = mkdtempSync(join(tmpdir(), 'controller-'))
  await start()
})
afterEach(async () => {
  await controller.close()
  rmSync(dataDirectory, { recursive: true })
})

const admin = (method: string, path: string) => call(controller.url, adminOf(controller), method, path)
const statesOf = async () => {
  const { json } = await admin('GET', '/v1/nodes?all=1')
  return Object.fromEntries(json.items.map(({ id, state }: { id: string; state: string }) => [id, state]))
}

async function asks(installer: Installer, nodeName: string): Promise<{ id: string; state: string }> {
  const csr = buildCsr(createKeyPair().privateKey, 'x')
  const { json } = await call(controller.url, installer, 'POST', '/v1/enrol', { csr, nodeName, address: '10.0.0.9' })
  return { id: json.nodeId, state: json.state }
}

async function seen(node: EnrolledNode): Promise<void> {
  const agent = await connectAgent(controller, node)
  agent.socket.terminate()
  await agent.closed
}

test.each([
  ['is away for a moment', async () => undefined],
  [
    'has not reconnected since the controller was started',
    async () => {
      await controller.close()
      await start()
    },
  ],
  [
    'is away for a week',
    async () => {
      aheadMs = 7 * 86_400_000
    },
  ],
])('the name of a node that %s is not given to another machine', async (_, passes) => {
  const installer = await createCluster(controller, 'demo')
  const one = await enrolNode(controller, installer, 'one')
  await seen(one)
  await passes()
  const { id } = await asks(installer, 'one')
  const answer = await admin('POST', `/v1/nodes/${id}/approve`)
  expect([answer.status, answer.json.code]).toEqual([409, 'node/name-taken'])
  expect(answer.json.fix).toContain(`controller node approve ${id} --replace ${one.id}`)
  expect(await statesOf()).toEqual({ [one.id]: 'APPROVED', [id]: 'DISCOVERED' })
  const { warnings } = (await admin('GET', `/v1/nodes/${id}`)).json
  expect(warnings).toMatchObject([{ id: 'hostname', found: `one is also the name of one (${one.id})` }])
})

test('an administrator replaces a node that has been silent for two minutes', async () => {
  const installer = await createCluster(controller, 'demo')
  const one = await enrolNode(controller, installer, 'one')
  const two = await enrolNode(controller, installer, 'two')
  const agent = await connectAgent(controller, one)
  const { id } = await asks(installer, 'one')
  const replace = async (which: EnrolledNode) => {
    const { status, json } = await admin('POST', `/v1/nodes/${id}/approve?replace=${which.id}`)
    return json.detail ?? status
  }
  expect(await replace(two)).toBe(`node ${one.id} already has the name one`)
  expect(await replace(one)).toBe(`node ${one.id} with the name one is connected`)
  agent.socket.terminate()
  await agent.closed
  aheadMs = 100_000
  expect(await replace(one)).toMatch(/has been silent for (99|100) s; wanted at least 120 s$/)
  // After a start, the controller has not heard of any node.
  aheadMs = 300_000
  await controller.close()
  await start()
  expect(await replace(one)).toMatch(/has been silent for \d s; wanted at least 120 s$/)
  aheadMs += 120_000
  expect(await replace(one)).toBe(200)
  expect(await statesOf()).toMatchObject({ [one.id]: 'REMOVED', [two.id]: 'UNREACHABLE' })
})

test('a name is free when an administrator has removed its node, and then belongs to the next one that is approved', async () => {
  const installer = await createCluster(controller, 'demo')
  const one = await enrolNode(controller, installer, 'one')
  const first = await asks(installer, 'one')
  const second = await asks(installer, 'one')
  await admin('DELETE', `/v1/nodes/${one.id}?force=1`)
  expect((await admin('POST', `/v1/nodes/${first.id}/approve`)).status).toBe(200)
  expect((await admin('POST', `/v1/nodes/${second.id}/approve`)).json.code).toBe('node/name-taken')
})

test('automatic approval replaces nobody, and leaves further nodes to an administrator', async () => {
  const installer = await createCluster(controller, 'demo', { autoApprove: true })
  const one = await asks(installer, 'one')
  expect(one.state).toBe('APPROVED')
  aheadMs = 86_400_000
  expect((await asks(installer, 'one')).state).toBe('DISCOVERED')
  const states: string[] = []
  for (let count = 0; count < 101; count++) states.push((await asks(installer, `node-${count}`)).state)
  expect(states.filter((state) => state === 'APPROVED')).toHaveLength(99)
  expect(states.slice(-2)).toEqual(['DISCOVERED', 'DISCOVERED'])
  await admin('DELETE', `/v1/nodes/${one.id}`)
  await controller.tick()
  const after = Object.values(await statesOf())
  expect(after.filter((state) => state === 'APPROVED')).toHaveLength(100)
})
