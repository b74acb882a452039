import { expect, test } from 'vitest'
import { FakeApiServer } from '../../../test/support/kubernetes-api/fake-api-server.ts'
import { named } from '../../../test/support/kubernetes-api/resources-and-bodies.ts'
import { addOn, CRD, config, NAMESPACE, PATHS, scene, web } from '../../../test/support/kubernetes-api/scene.ts'
import { ApiStatusError } from '../in-cluster.ts'

async function installed(api = new FakeApiServer()) {
  const cluster = scene(api)
  cluster.want([addOn([NAMESPACE, web('web:1')])])
  await cluster.settle()
  return cluster
}

const owned = (apiVersion: string, kind: string, uid = 'uid-of-owner') => ({
  ...config('theirs', 'x'),
  metadata: { name: 'theirs', namespace: 'shop', ownerReferences: [{ apiVersion, kind, name: 'owner', uid }] },
})

test.each([
  ['v1', 'Namespace'],
  ['v1', 'Node'],
  ['unknown.example.org/v1', 'Thing'],
])('an object that belongs to a %s %s stays, and is no reason to wait', async (apiVersion, kind) => {
  const { api, want, settle } = await installed()
  api.create(PATHS.config('theirs'), 'kubectl', owned(apiVersion, kind))
  want([])
  const [status] = await settle()
  expect(status?.kept.map(({ why }) => why)).toEqual([`ConfigMap theirs is in it and belongs to ${kind} owner`])
  expect(api.live(PATHS.config('theirs'))).toBeDefined()
})

test('an object whose owner was in the namespace is waited for', async () => {
  const { api, want, once, settle } = await installed()
  const { uid = '' } = api.live(PATHS.web)?.metadata ?? {}
  api.create(PATHS.config('theirs'), 'kubectl', owned('apps/v1', 'Deployment', uid))
  want([])
  expect((await once())[0]).toMatchObject({ state: 'applying', kept: [] })
  api.delete(PATHS.config('theirs'))
  expect((await settle())[0]).toMatchObject({ state: 'removed', kept: [] })
  expect(api.live(PATHS.namespace)).toBeUndefined()
})

test('a namespace with an object of a kind that the preferred version does not have stays', async () => {
  const { api, want, settle } = await installed()
  const spec = CRD.spec as { names: object; versions: object[] }
  const names = { plural: 'gadgets', kind: 'Gadget' }
  const old = { ...spec, names, versions: [{ name: 'v1beta1', served: true, storage: true }] }
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const crd = (name: string, content: object) => named(CRD.apiVersion, CRD.kind, name, undefined, { spec: content })
  api.create(`${crds}/widgets.example.org`, 'kubectl', crd('widgets.example.org', spec))
  api.create(`${crds}/gadgets.example.org`, 'kubectl', crd('gadgets.example.org', old))
  api.settle()
  const gadget = named('example.org/v1beta1', 'Gadget', 'theirs', 'shop')
  api.create('/apis/example.org/v1beta1/namespaces/shop/gadgets/theirs', 'kubectl', gadget)
  want([])
  expect((await settle())[0]?.kept.map(({ why }) => why)).toEqual(['Gadget theirs is in it'])
})

test('an API service that does not answer is no reason to fail', async () => {
  class Down extends FakeApiServer {
    override async resources(groupVersion: string) {
      if (groupVersion === 'autoscaling/v2') throw new ApiStatusError('/apis/autoscaling/v2', 503, 'down')
      return super.resources(groupVersion)
    }
  }
  const { api, want, settle } = await installed(new Down())
  want([])
  const [status] = await settle()
  expect(status?.kept).toMatchObject([{ why: expect.stringMatching(/^not everything in it can be listed: .*503/) }])
  expect(api.live(PATHS.namespace)).toBeDefined()
})
