import { expect, test } from 'vitest'
import { named } from '../../../test/support/kubernetes-api/resources-and-bodies.ts'
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

const ALL = [WEBHOOK, web('web:1'), widget('one'), config('a', '1'), CRD, CLAIM, NAMESPACE]

test('objects are applied in order, and webhooks when the pods are healthy', async () => {
  const { api, once, want } = scene()
  want([addOn(ALL)])
  const [first] = await once()
  expect(first?.state).toBe('applying')
  expect(first?.waitingFor).toEqual(['CustomResourceDefinition widgets.example.org: not Established'])
  expect(api.applies).toEqual([PATHS.namespace, PATHS.crd])
  api.settle()
  const [second] = await once()
  expect(second?.waitingFor).toEqual(['Deployment shop/web: it is not observed yet'])
  expect(api.live(PATHS.webhook)).toBeUndefined()
  api.settle()
  expect((await once())[0]).toMatchObject({ state: 'healthy', waitingFor: [], errors: [] })
  expect(api.live(PATHS.webhook)).toBeDefined()
  expect(api.live(PATHS.web)?.metadata.labels).toEqual({ 'cantrip.local/add-on': 'shop' })
})

test('what is settled is not applied again', async () => {
  const { api, once, want, settle } = scene()
  want([addOn(ALL)])
  await settle()
  const { length } = api.applies
  const before = api.live(PATHS.inventory)?.metadata.resourceVersion
  expect((await once())[0]).toMatchObject({ state: 'healthy', drifted: [] })
  expect(api.applies).toHaveLength(length)
  expect(api.live(PATHS.inventory)?.metadata.resourceVersion).toBe(before)
})

test('what a new version does not contain is deleted when the rest is healthy', async () => {
  const { api, once, want, settle } = scene()
  want([addOn([NAMESPACE, config('a', '1'), web('web:1')])])
  await settle()
  want([addOn([NAMESPACE, config('b', '1'), web('web:2')])])
  expect((await once())[0]?.state).toBe('applying')
  expect(api.live(PATHS.config('a'))).toBeDefined()
  await settle()
  expect(api.live(PATHS.config('a'))).toBeUndefined()
  expect(api.live(PATHS.config('b'))).toBeDefined()
})

test('claims and their namespace stay until a person says otherwise', async () => {
  const { api, want, settle } = scene()
  want([addOn(ALL)])
  await settle()
  want([])
  const [status] = await settle()
  expect(status?.kept).toEqual([
    { id: '/PersistentVolumeClaim/shop/data', object: 'PersistentVolumeClaim shop/data', why: 'it holds data' },
    { id: '/Namespace//shop', object: 'Namespace shop', why: 'PersistentVolumeClaim data is in it' },
  ])
  expect(api.live(PATHS.crd)).toBeUndefined()
  expect(api.live(PATHS.web)).toBeUndefined()
  // It says so again, and does nothing.
  expect((await settle())[0]?.kept).toHaveLength(2)
  want([], ['/PersistentVolumeClaim/shop/data'])
  await settle()
  expect([api.live(PATHS.claim), api.live(PATHS.namespace), api.live(PATHS.inventory)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('a CRD with instances of others stays, and so does a namespace with an object of others', async () => {
  const { api, want, settle } = scene()
  want([addOn([NAMESPACE, CRD, widget('one')])])
  await settle()
  api.create(PATHS.widget('theirs'), 'kubectl', widget('theirs'))
  api.create(PATHS.config('theirs'), 'kubectl', config('theirs', 'x'))
  want([])
  const [status] = await settle()
  expect(status?.kept.map(({ why }) => why)).toEqual(['Widget shop/theirs exists', 'ConfigMap theirs is in it'])
  expect(api.live(PATHS.widget('one'))).toBeUndefined()
  expect(api.live(PATHS.widget('theirs'))).toBeDefined()
  expect(api.live(PATHS.config('theirs'))).toBeDefined()
})

test('an object that was there before is used, released and never deleted', async () => {
  const { api, want, settle } = scene()
  api.create(PATHS.namespace, 'kubectl', { ...NAMESPACE, metadata: { name: 'shop', labels: { team: 'a' } } })
  api.create(PATHS.config('a'), 'kubectl', config('a', '1'))
  want([addOn([NAMESPACE, config('a', '1')])])
  await settle()
  expect(api.live(PATHS.config('a'))?.metadata.labels).toEqual({ 'cantrip.local/add-on': 'shop' })
  want([])
  expect((await settle())[0]).toMatchObject({ state: 'removed', kept: [] })
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: '1' } })
  expect(api.live(PATHS.config('a'))?.metadata.labels ?? {}).toEqual({})
  expect(api.live(PATHS.namespace)?.metadata.labels).toEqual({ team: 'a' })
})

test('fields of an object that was there before are not overwritten', async () => {
  const { api, once, want } = scene()
  api.create(PATHS.namespace, 'kubectl', NAMESPACE)
  api.create(PATHS.config('a'), 'kubectl', config('a', 'theirs'))
  want([addOn([config('a', 'ours')])])
  const [status] = await once()
  expect(status).toMatchObject({ state: 'failed' })
  expect(status?.errors[0]).toMatch(/ConfigMap shop\/a: \.data\.text belongs to another writer .*kubectl/)
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: 'theirs' } })
})

test('an object with the same name that somebody else created meanwhile is not deleted', async () => {
  const { api, want, settle } = scene()
  want([addOn([NAMESPACE, config('a', '1')])])
  await settle()
  api.delete(PATHS.config('a'))
  api.create(PATHS.config('a'), 'kubectl', {
    ...config('a', 'theirs'),
    metadata: { name: 'a', namespace: 'shop', labels: { 'cantrip.local/add-on': 'shop' } },
  })
  want([addOn([NAMESPACE])])
  await settle()
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: 'theirs' } })
})

test('an object moves from one add-on to another', async () => {
  const { api, want, settle } = scene()
  want([addOn([NAMESPACE, config('a', '1')])])
  await settle()
  const { uid } = api.live(PATHS.config('a'))?.metadata ?? {}
  want([addOn([config('a', '2')], { id: 'other' }), addOn([NAMESPACE])])
  await settle()
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: '2' }, metadata: { uid } })
})

test('an add-on waits for those that it needs', async () => {
  const { want, once, settle } = scene()
  const base = addOn([NAMESPACE, web('web:1')], { id: 'base' })
  want([base, addOn([config('a', '1')], { after: ['base'] })])
  expect(await once()).toMatchObject([{ state: 'applying' }, { state: 'waiting', waitingFor: ['the add-on base'] }])
  expect(await settle()).toMatchObject([{ state: 'healthy' }, { state: 'healthy' }])
})

test('a desired state that is older than the last one is not applied', async () => {
  const { api, want, settle, once } = scene()
  want([addOn([NAMESPACE, config('a', '1')])])
  want([addOn([NAMESPACE, config('a', '2')])])
  await settle()
  const old = scene(api)
  old.want([addOn([NAMESPACE, config('a', '1')])])
  expect((await old.once())[0]).toMatchObject({ state: 'waiting' })
  expect(api.live(PATHS.config('a'))).toMatchObject({ data: { text: '2' } })
  expect((await once())[0]?.state).toBe('healthy')
})

test('an inventory that cannot be read is never taken for nothing', async () => {
  const { api, want, settle, once } = scene()
  want([addOn([NAMESPACE, config('a', '1')])])
  await settle()
  api.update(PATHS.inventory, 'kubectl', (object) => Object.assign(object, { data: { inventory: '{}' } }))
  want([])
  expect((await once())[0]?.errors[0]).toMatch(/cantrip-system\/add-on-shop is no inventory/)
  expect(api.live(PATHS.config('a'))).toBeDefined()
})

test('an error of one object does not hide that of another, and names them', async () => {
  const { want, once } = scene()
  want([addOn([config('a', '1'), config('b', '1'), named('v1', 'Secret', 'no-namespace')])])
  const [status] = await once()
  expect(status?.state).toBe('failed')
  expect(status?.errors).toHaveLength(1)
})
