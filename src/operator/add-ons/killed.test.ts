import { expect, test } from 'vitest'
import { FakeApiServer } from '../../../test/support/kubernetes-api/fake-api-server.ts'
import {
  addOn,
  CLAIM,
  CRD,
  config,
  NAMESPACE,
  PATHS,
  scene,
  WEBHOOK,
  web,
  widget,
} from '../../../test/support/kubernetes-api/scene.ts'

const FIRST = [WEBHOOK, web('web:1'), widget('one'), config('a', '1'), config('b', '1'), CRD, CLAIM, NAMESPACE]
const SECOND = [web('web:2'), widget('one'), config('b', '2'), config('c', '1'), CRD, NAMESPACE]
const CANARIES = ['/api/v1/namespaces/theirs', '/api/v1/namespaces/theirs/configmaps/canary']

function cluster(): FakeApiServer {
  const api = new FakeApiServer()
  api.create(CANARIES[0] ?? '', 'kubectl', { ...NAMESPACE, metadata: { name: 'theirs' } })
  api.create(CANARIES[1] ?? '', 'kubectl', {
    ...config('canary', 'x'),
    metadata: { name: 'canary', namespace: 'theirs' },
  })
  return api
}

/** Installs, drifts, changes and removes; what the cluster has after each. */
async function story(api: FakeApiServer): Promise<string[][]> {
  const { dump, settle, want } = scene(api)
  const states: string[][] = []
  const go = async (...asked: Parameters<typeof want>) => {
    want(...asked)
    await settle()
    states.push(dump())
  }
  await go([addOn(FIRST)])
  api.update(PATHS.config('b'), 'kubectl-edit', (object) => Object.assign(object.data as object, { text: 'x' }))
  api.delete(PATHS.config('a'))
  await go([addOn(FIRST)])
  // Once more, because the correction was only reported.
  await settle()
  await go([addOn(SECOND), addOn([config('other', '1')], { id: 'other', after: ['shop'] })])
  await go([])
  await go([], ['/PersistentVolumeClaim/shop/data'])
  return states
}

/** Times of corrections and counters differ, what there is does not. */
const comparable = (states: string[][]) => states.map((dump) => dump.filter((line) => !line.includes('/add-on-')))

// A kill before the next request is the same.
test('a kill after each request leads to the same cluster', { timeout: 180_000 }, async () => {
  const undisturbed = cluster()
  const expected = comparable(await story(undisturbed))
  expect(expected.at(-1)?.map((line) => line.split(' ')[0])).toEqual(['/api/v1/namespaces/cantrip-system', ...CANARIES])
  for (let at = 1; at <= undisturbed.requests; at += 1) {
    const api = cluster()
    api.kill = { at, when: 'after' }
    const canaries = CANARIES.map((path) => api.live(path))
    expect(comparable(await story(api)), `killed at request ${at}`).toEqual(expected)
    expect(CANARIES.map((path) => api.live(path))).toEqual(canaries)
  }
})

test('what was killed on the way and is not wanted any more leaves nothing behind', async () => {
  const expected = comparable([scene(cluster()).dump()])
  for (let at = 1; ; at += 1) {
    const api = cluster()
    const { dump, once, settle, restart, want } = scene(api)
    want([addOn(FIRST)])
    api.kill = { at, when: 'after' }
    for (let turns = 0; turns < 4 && !api.isDead; turns += 1) {
      await once().catch(() => undefined)
      api.settle()
    }
    if (!api.isDead) break
    restart()
    // Another version first: what only the first one has is in no list but the inventory.
    want([addOn([NAMESPACE, config('b', '2')])], ['/PersistentVolumeClaim/shop/data'])
    await settle()
    expect(comparable([dump()])[0], `killed at request ${at}`).toHaveLength(5)
    want([], ['/PersistentVolumeClaim/shop/data'])
    await settle()
    expect(comparable([dump()]), `killed at request ${at}`).toEqual(expected)
  }
})

test('50 kills on the way lead to the same cluster', async () => {
  const expected = comparable(await story(cluster()))
  const api = cluster()
  let kills = 0
  // Each process gets a little further than the one before, until one gets through.
  api.onRestart = () => {
    kills += 1
    if (kills < 50) api.kill = { at: api.requests + 3 + kills, when: kills % 2 === 0 ? 'before' : 'after' }
  }
  api.kill = { at: 3, when: 'after' }
  expect(comparable(await story(api))).toEqual(expected)
  expect(kills).toBeGreaterThanOrEqual(10)
})
