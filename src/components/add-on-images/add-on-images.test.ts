import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { addOnImages } from './component.ts'

const OTHERS = ['registry.k8s.io/coredns/coredns:v1.14.2', 'cantrip.local/agent:1.2.3']

test('imports all other images of the bundle', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(addOnImages, fake)
  expect([...fake.images.keys()]).toEqual(OTHERS)
  expect(await runComponent(addOnImages, fake)).toEqual([])
})

test.each([
  [undefined, OTHERS],
  [['shop'], [...OTHERS, 'registry.invalid/shop/pause:v3']],
])('with the add-ons %s of the cluster, it imports only their images', async (addOns, wanted) => {
  const fake = fakeKubernetes(addOns && { addOns })
  fake.host.files.seed(CONTAINERD.socket, '')
  const { files } = fake.params.bundleStore.manifest
  const [image] = files.filter(({ role }) => role === 'image')
  for (const [id, name] of [
    ['shop', 'registry.invalid/shop/pause:v3'],
    ['other', 'registry.invalid/other:v1'],
  ] as const) {
    if (image) files.push({ ...image, name, path: `addons/${id}/image.tar` })
  }
  await runComponent(addOnImages, fake)
  expect([...fake.images.keys()]).toEqual(wanted)
})
