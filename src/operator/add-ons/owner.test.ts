import { expect, test } from 'vitest'
import { FakeApiServer } from '../../../test/support/kubernetes-api/fake-api-server.ts'
import { addOn, config, NAMESPACE, PATHS, scene } from '../../../test/support/kubernetes-api/scene.ts'

const labelled = (text: string, id = 'shop') => ({
  ...config('a', text),
  metadata: { name: 'a', namespace: 'shop', labels: { 'cantrip.local/add-on': id } },
})

test.each(['shop', 'other', 'nobody'])('an object of others with the label %s is not overwritten', async (id) => {
  const { api, once, want, settle } = scene()
  api.create(PATHS.namespace, 'kubectl', NAMESPACE)
  api.create(PATHS.config('a'), 'kubectl', labelled('theirs', id))
  want([addOn([config('a', 'ours')])])
  const [status] = await once()
  expect(status).toMatchObject({ state: 'failed', errors: [expect.stringMatching(/belongs to another writer/)] })
  want([])
  await settle()
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: 'theirs' } })
})

test('an object of others with a copied label and the same fields is used, and not deleted', async () => {
  const { api, want, settle } = scene()
  api.create(PATHS.namespace, 'kubectl', NAMESPACE)
  api.create(PATHS.config('a'), 'kubectl', labelled('same'))
  want([addOn([config('a', 'same')])])
  await settle()
  want([])
  await settle()
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: 'same' } })
})

test('two add-ons with the same object do not take it from each other', async () => {
  const { api, want, once, settle } = scene()
  want([addOn([NAMESPACE, config('a', '1')]), addOn([config('a', '2')], { id: 'other' })])
  for (const _ of [1, 2, 3]) {
    expect(await once()).toMatchObject([
      { state: 'healthy' },
      { state: 'failed', errors: ['ConfigMap shop/a belongs to the add-on shop, which has it too'] },
    ])
    expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: '1' } })
  }
  // Also if they are in another order.
  want([addOn([config('a', '2')], { id: 'other' }), addOn([NAMESPACE, config('a', '1')])])
  expect(await once()).toMatchObject([{ state: 'failed' }, { state: 'healthy' }])
  want([addOn([NAMESPACE, config('a', '1')])])
  await settle()
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: '1' } })
})

test('what an add-on has adopted stays adopted when it moves to another', async () => {
  const { api, want, settle } = scene()
  api.create(PATHS.namespace, 'kubectl', NAMESPACE)
  api.create(PATHS.config('a'), 'kubectl', config('a', '1'))
  want([addOn([config('a', '1')])])
  await settle()
  want([addOn([config('a', '1')], { id: 'other' }), addOn([config('b', '1')])])
  await settle()
  want([])
  await settle()
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: '1' } })
})

test('an object that somebody created after the inventory was written is not deleted', async () => {
  let isTested = false
  for (let at = 1; at < 60; at += 1) {
    const api = new FakeApiServer()
    api.create(PATHS.namespace, 'kubectl', NAMESPACE)
    const { restart, settle, once, want } = scene(api)
    want([addOn([config('a', '1')])])
    api.kill = { at, when: 'after' }
    await once().catch(() => undefined)
    if (!api.isDead) break
    restart()
    if (api.live(PATHS.config('a'))) continue
    isTested ||= api.live(PATHS.inventory) !== undefined
    api.create(PATHS.config('a'), 'kubectl', config('a', '1'))
    await settle()
    want([])
    await settle()
    expect(api.live(PATHS.config('a')), `killed at request ${at}`).toMatchObject({ data: { text: '1' } })
  }
  expect(isTested).toBe(true)
})
