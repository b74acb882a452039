import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { addOnImages } from './component.ts'

test('imports all other images of the bundle', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(addOnImages, fake)
  expect([...fake.images.keys()]).toEqual(['registry.k8s.io/coredns/coredns:v1.14.2', 'cantrip.local/agent:1.2.3'])
  expect(await runComponent(addOnImages, fake)).toEqual([])
})
