import { afterEach, beforeEach, expect, it } from 'vitest'
import { openScene, type Scene } from '../support/controller/scene.ts'

let scene: Scene

beforeEach(async () => {
  scene = await openScene()
})
afterEach(() => scene.close())

it('the error of a node is shown in full, with each line of its journal', async () => {
  const enrolled = await scene.enrolled('m1', ['master'])
  const [instruction] = await scene.provision(enrolled)
  const lines = Array.from({ length: 70 }, (_, line) => `etcd[7]: line ${line} ${'x'.repeat(90)}`)
  const message = ['etcd.service failed; its journal ends:', ...lines].join('\n')
  expect(Buffer.byteLength(message)).toBeGreaterThan(7_000)
  const error = { code: 'unit/failed', message, fix: `systemctl status etcd ${'y'.repeat(3_900)}` }
  enrolled.agent.send('result', { run: instruction?.run ?? '', outcome: 'failed', error }, 1)
  await enrolled.agent.next('ack')

  const watched = await scene.cli('cluster', 'watch', 'demo', '--until', 'READY')
  expect(watched.code).toBe(4)
  const texts = [
    watched.err,
    (await scene.cli('cluster', 'show', 'demo')).out,
    (await scene.cli('node', 'show', 'm1')).out,
    (await scene.cli('node', 'logs', 'm1')).out,
  ]
  for (const text of texts) {
    for (const line of lines) expect(text).toContain(`\n    ${line}`)
    expect(text).toContain('y'.repeat(3_900))
  }
  const json = JSON.parse((await scene.cli('node', 'show', 'm1', '-o', 'json')).out)
  expect(json.error).toEqual(error)
})
