/** Two machines with the same key, as copies of a disk. */
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LogEntry } from '../../src/protocol/api/events.ts'
import { ScriptedAgent } from '../support/controller/agent.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'

let scene: Scene
let enrolled: SceneNode
beforeEach(async () => {
  scene = await openScene()
  enrolled = await scene.enrolled('m1', ['master'])
})
afterEach(() => scene.close())

async function another(): Promise<ScriptedAgent> {
  const agent = new ScriptedAgent(scene.controller, enrolled.node)
  await once(agent.socket, 'open')
  const versions = { range: { min: 1, max: 1 }, lastSeq: 0, agentVersion: '0.1.0', nodeName: 'm1' }
  agent.send('hello', { ...versions, bootId: 'another', openRun: null, warnings: [] })
  return agent
}

test('the newer machine is refused, and the node, the cluster and the logs report it', async () => {
  for (let time = 0; time < 3; time++) {
    const copy = await another()
    expect((await copy.next('refuse')).body).toMatchObject({
      code: 'node/two-machines',
      message:
        'two machines have the key of this node: one is connected from 127.0.0.1, another one at 127.0.0.1 was refused',
    })
    expect(await copy.closed).toBe(4410)
  }
  const shown = await scene.show(enrolled)
  expect(shown.connected).toBe(true)
  expect(shown.warnings.find(({ id }) => id === 'identity')).toMatchObject({
    found: expect.stringContaining('two machines have the key of this node'),
    fix: expect.stringContaining('with --instance NAME /etc/cantrip-NAME/node.pem'),
  })
  const { events } = (await scene.admin('GET', `/v1/events?node=${enrolled.node.id}`)).json
  const messages = events.filter(({ event }: LogEntry) => 'message' in event && event.message.includes('two machines'))
  expect(messages, 'once, not for each attempt').toHaveLength(1)
  scene.aheadMs += 21 * 60_000
  expect((await scene.show(enrolled)).warnings).toEqual([])
})

test('a new session of the same machine replaces one that was cut off', async () => {
  // A machine without power does not answer pings.
  enrolled.agent.socket.pause()
  const again = await another()
  await again.next('welcome')
  expect((await scene.show(enrolled)).connected).toBe(true)
})
