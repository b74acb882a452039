/** A machine whose address changed: before its instruction, after it has failed, and when it is READY. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { factsAt } from '../support/controller/agent.ts'
import { openScene, type Scene, type SceneNode } from '../support/controller/scene.ts'

let scene: Scene
beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

const show = async () => (await scene.admin('GET', '/v1/clusters/demo')).json
const provision = () => scene.admin('POST', '/v1/clusters/demo/provision')
const configure = ({ node }: SceneNode) => scene.admin('POST', `/v1/nodes/${node.id}/configure`, { roles: ['master'] })

async function move(enrolled: SceneNode, address: string): Promise<void> {
  enrolled.agent.send('facts', factsAt(address))
  await scene.shows(enrolled, `facts with ${address}`, ({ facts }) => JSON.stringify(facts).includes(address))
}

test('after configuration: no instruction is sent, and the fix provisions it at its new address', async () => {
  const enrolled = await scene.enrolled('m1', ['master'], '10.0.0.7')
  await move(enrolled, '10.0.0.9')
  const refused = await provision()
  expect(refused.status).toBe(409)
  expect(refused.json).toMatchObject({
    code: 'node/address-changed',
    detail:
      'node m1 was configured with address 10.0.0.7 (eth0); the interface now has 10.0.0.9; wanted a permanent address',
    fix: 'controller node configure m1 --role master --interface eth0 && controller cluster provision demo; and reserve the address for the machine in DHCP',
  })
  expect((await scene.admin('GET', '/v1/clusters/demo/plan')).json.problems[0].code).toBe('node/address-changed')
  expect((await configure(enrolled)).status).toBe(200)
  const [instruction] = await scene.provision(enrolled)
  expect(instruction).toMatchObject({
    params: { node: { address: '10.0.0.9' }, cluster: { endpoint: '10.0.0.9:6443' } },
  })
})

test('after a failed run: configure and provision give the same error, with a fix', async () => {
  const enrolled = await scene.enrolled('m1', ['master'], '10.0.0.7')
  const [first] = await scene.provision(enrolled)
  const error = { code: 'etcd/no', message: 'no', fix: 'repair it' }
  enrolled.agent.send('result', { run: first?.run ?? '', outcome: 'failed', error }, 1)
  await scene.shows(enrolled, 'FAILED', ({ state }) => state === 'FAILED')
  await move(enrolled, '10.0.0.9')
  for (const refused of [await provision(), await configure(enrolled)]) {
    expect(refused.status).toBe(409)
    expect(refused.json.code).toBe('node/address-changed')
    expect(refused.json.fix).toMatch(
      /^restore the address \(ip address add 10\.0\.0\.7\/32 dev eth0, .*; or to start over: controller cluster reset demo/,
    )
  }
  await move(enrolled, '10.0.0.7')
  const [again] = await scene.provision(enrolled)
  expect(again).toMatchObject({ role: 'first-master', params: { node: { address: '10.0.0.7' } } })
})

test('a moved worker does not block READY nodes, and is reported', async () => {
  const [master] = (await scene.up(['m1', ['master']])) as [SceneNode]
  await scene.report([master])
  const worker = await scene.enrolled('w1', ['worker'], '10.0.0.7')
  await move(worker, '10.0.0.9')
  expect((await provision()).json.detail).toMatch(/^node w1 was configured with address 10\.0\.0\.7/)
  expect((await scene.show(master)).state).toBe('READY')
})

test('when READY: the node and its cluster report it until the address is back', async () => {
  const [enrolled] = (await scene.up(['m1', ['master']])) as [SceneNode]
  await scene.report([enrolled])
  expect((await show()).state).toBe('READY')
  await move(enrolled, '10.0.0.99')
  const moved = 'node m1 was configured with address 10.0.0.1 (eth0); the interface now has 10.0.0.99'
  const shown = await scene.show(enrolled)
  expect(shown.warnings.find(({ id }) => id === 'address')).toMatchObject({
    found: moved,
    fix: expect.stringMatching(/^assign 10\.0\.0\.1 to the machine again/),
  })
  expect(await show()).toMatchObject({
    state: 'DEGRADED',
    problems: [{ code: 'node/address-changed', message: moved }],
  })
  await move(enrolled, '10.0.0.1')
  expect(await show()).toMatchObject({ state: 'READY', problems: [] })
})
