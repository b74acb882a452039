import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { sandboxImage } from './component.ts'

test('imports the image that every pod needs', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(sandboxImage, fake)
  expect([...fake.images.keys()]).toEqual(['registry.k8s.io/pause:3.10.2'])
})
