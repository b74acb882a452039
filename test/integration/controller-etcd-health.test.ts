/** What masters say about the members of etcd is part of the state of the cluster. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ClusterView } from '../../src/protocol/api/clusters.ts'
import type { EtcdHealth, OperationOutcome } from '../../src/protocol/wire/operation.ts'
import { OPERATION_FRAME } from '../../src/protocol/wire/released-names.ts'
import { factsAt } from '../support/controller/agent.ts'
import { openScene, operationOf, type Scene, type SceneNode } from '../support/controller/scene.ts'
import { waitFor } from '../support/wait-for.ts'

let scene: Scene
let master: SceneNode

beforeEach(async () => {
  scene = await openScene()
  const [first] = await scene.up(['m1', ['master']])
  if (!first) throw new Error('no master')
  master = first
  await scene.report([master])
})
afterEach(() => scene.close())

const show = async (): Promise<ClusterView> => (await scene.admin('GET', '/v1/clusters/demo')).json
const member = (name: string, isHealthy: boolean): EtcdHealth => ({ name, isHealthy, isLearner: false })

/** The master answers this, as often as it is asked. */
let answer: OperationOutcome
async function answerAll(): Promise<never> {
  for (;;) {
    const { id, operation } = await operationOf(master)
    expect(operation).toBe('look-at-etcd')
    master.agent.send(OPERATION_FRAME, { id, ...answer })
  }
}

/** Lets time pass until the cluster has the state. Returns how long that was. */
async function passUntil(state: ClusterView['state']): Promise<number> {
  const startMs = scene.aheadMs
  const look = async () => {
    if ((await show()).state === state) return true
    scene.aheadMs += 10_000
    master.agent.send('facts', factsAt('10.0.0.1'))
    await scene.report([master])
    await scene.controller.tick()
    return false
  }
  // Dozens of requests one after another.
  await waitFor(state, look, { everyMs: 5, withinMs: 110_000 })
  return scene.aheadMs - startMs
}

test('an unhealthy member makes the cluster DEGRADED, by its name and with what to do, and no longer when it is healthy', async () => {
  void answerAll().catch(() => undefined)
  answer = {
    outcome: 'done',
    etcd: [member('m1', true), member('m2', true), member(`old-${'x'.repeat(1_900)}`, false)],
  }
  // A look after 5 minutes finds it, and it counts after a minute.
  expect(await passUntil('DEGRADED')).toBeLessThan(420_000)
  const [problem] = (await show()).problems
  // Its name is shortened.
  const message = /the etcd member old-x{100,124} … x{100,124}, of no node of the cluster, is unhealthy/
  expect(problem).toMatchObject({ code: 'etcd/member-unhealthy', node: null })
  expect(problem?.message).toMatch(message)
  expect(problem?.fix).toContain('controller cluster provision demo')
  const { out } = await scene.cli('cluster', 'show', 'demo')
  expect(out).toMatch(new RegExp(`^\\[!\\] ${message.source}.* \\(for .*\\)\\n {4}fix: `, 'm'))
  const { events } = (await scene.admin('GET', '/v1/events?cluster=demo')).json
  expect(events.at(-1).event).toMatchObject({ state: 'DEGRADED', error: { code: 'etcd/member-unhealthy' } })
  answer = { outcome: 'done', etcd: [member('m1', true)] }
  expect(await passUntil('READY')).toBeLessThan(60_000)
})

test('etcd that does not answer on the only master is a problem of that node', async () => {
  void answerAll().catch(() => undefined)
  answer = { outcome: 'not-yet', waitingFor: 'etcd to answer' }
  await passUntil('DEGRADED')
  const [problem] = (await show()).problems
  expect(problem).toMatchObject({ code: 'etcd/no-answer', node: 'm1' })
  expect(problem?.fix).toContain('systemctl status etcd.service')
})
