/** Two machines with the same key, as copies of a disk. */
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LogEntry } from '../../src/protocol/api/events.ts'
import type { AuditEntry } from '../../src/protocol/audit/entry.ts'
import { ScriptedAgent } from '../support/controller/agent.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'
import { waitFor } from '../support/wait-for.ts'

let scene: Scene
let enrolled: SceneNode
beforeEach(async () => {
  scene = await openScene()
  enrolled = await scene.enrolled('m1', ['master'])
})
afterEach(() => scene.close())

async function another(bootId = 'another', more: object = {}): Promise<ScriptedAgent> {
  const agent = new ScriptedAgent(scene.controller, enrolled.node)
  await once(agent.socket, 'open')
  const versions = { range: { min: 1, max: 1 }, lastSeq: 0, agentVersion: '0.1.0', nodeName: 'm1' }
  agent.send('hello', { ...versions, bootId, openRun: null, warnings: [], ...more })
  return agent
}

const eventsWith = async (text: string) => {
  const { events } = (await scene.admin('GET', `/v1/events?node=${enrolled.node.id}`)).json
  return events.filter(({ event }: LogEntry) => 'message' in event && event.message.includes(text))
}

async function isRefused(agent: ScriptedAgent): Promise<void> {
  expect((await agent.next('refuse')).body.code).toBe('node/two-machines')
  expect(await agent.closed).toBe(4410)
}

test('both machines are refused, and the node, the cluster and the logs report it', async () => {
  const copy = await another()
  await isRefused(copy)
  await isRefused(enrolled.agent)
  expect((await scene.show(enrolled)).connected).toBe(false)
  // Each of them tries again, and neither is admitted: the controller cannot know which of them is the copy.
  for (const bootId of ['b', 'another', 'b']) await isRefused(await another(bootId))
  const { warnings } = await scene.show(enrolled)
  expect(warnings.find(({ id }) => id === 'identity')).toMatchObject({
    found: expect.stringContaining('one was connected from 127.0.0.1 when another one connected from 127.0.0.1'),
    fix: expect.stringContaining('with --instance NAME /etc/cantrip-NAME/node.pem'),
  })
  expect(await eventsWith('two machines'), 'once, not for each try').toHaveLength(1)
  const { entries } = (await scene.admin('GET', '/v1/audit?node=m1')).json
  expect(entries.filter(({ action }: AuditEntry) => action === 'raiseAlarm')).toMatchObject([
    {
      who: { kind: 'controller' },
      code: 'node/two-machines',
      reason: expect.stringContaining('from 127.0.0.1'),
      target: { cluster: 'demo', node: 'm1', nodeId: enrolled.node.id },
    },
  ])
  // Of a node without Kubernetes, too.
  await scene.controller.tick()
  const { out } = await scene.cli('node', 'list')
  expect(out).toMatch(/PROBLEMS[\s\S]*two machines have the key of this node/)
})

test.each([
  ['machine-id', { machineId: 'n' }],
  ['product UUID', { productUuid: 'v' }],
])('copies that are containers of one host, or behind one proxy, differ in their %s', async (_, other) => {
  const same = { machineId: 'm', productUuid: 'u' }
  enrolled.agent.socket.close()
  await scene.shows(enrolled, 'away', ({ connected }) => !connected)
  const first = await another('b', same)
  await first.next('welcome')
  await isRefused(await another('b', { ...same, ...other }))
  await isRefused(first)
})

test('both are refused for as long as both try, and the alarm goes on', async () => {
  await isRefused(await another())
  await isRefused(enrolled.agent)
  for (const minutes of [15, 30, 45, 60, 75, 90]) {
    scene.aheadMs = minutes * 60_000
    for (const bootId of ['b', 'another']) await isRefused(await another(bootId))
  }
  expect(await eventsWith('two machines'), 'once an hour').toHaveLength(2)
  await waitFor('a new time', async () => {
    const { warnings } = await scene.show(enrolled)
    return warnings.some(({ found }) => Date.parse(/last at ([^)]+)/.exec(found)?.[1] ?? '') > Date.now() + 3_500_000)
  })
})

test('a machine that is refused, and then sends what no websocket permits, ends only its own connection', async () => {
  await isRefused(await another())
  await isRefused(enrolled.agent)
  const copy = await another()
  // Reserved bits, before it answers the close.
  copy.socket.once('frame', () => Reflect.get(copy.socket, '_socket').write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0])))
  await copy.next('refuse')
  await copy.closed
  expect((await scene.show(enrolled)).connected).toBe(false)
})

test('the machine that goes on alone is admitted, and the warning ends a day later', async () => {
  await isRefused(await another())
  await isRefused(enrolled.agent)
  scene.aheadMs = 21 * 60_000
  const original = await another('b')
  await original.next('welcome')
  expect((await scene.show(enrolled)).warnings).toHaveLength(1)
  scene.aheadMs = 86_400_000
  expect((await scene.show(enrolled)).warnings).toEqual([])
})

test('a second session of the same boot replaces the first one, which is reported', async () => {
  const second = await another('b')
  await second.next('welcome')
  expect(await enrolled.agent.closed).toBe(4409)
  expect(await eventsWith('a second session of this node began from 127.0.0.1')).toHaveLength(1)
})

test('a new session of the same machine replaces one that was cut off', async () => {
  // A machine without power does not answer pings.
  enrolled.agent.socket.pause()
  const again = await another()
  await again.next('welcome')
  expect((await scene.show(enrolled)).connected).toBe(true)
  expect((await scene.show(enrolled)).warnings).toEqual([])
})

test('a controller that has restarted sees it again as soon as the second machine connects', async () => {
  await isRefused(await another())
  await isRefused(enrolled.agent)
  await scene.restart()
  const alone = await another('b')
  await alone.next('welcome')
  await isRefused(await another())
  await isRefused(alone)
  for (const bootId of ['b', 'another']) await isRefused(await another(bootId))
  expect((await scene.show(enrolled)).warnings.find(({ id }) => id === 'identity')?.found).toContain('two machines')
})
