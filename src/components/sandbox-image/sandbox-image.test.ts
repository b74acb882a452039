import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { sandboxImage } from './component.ts'

test('the one image that every pod needs', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed('/run/containerd/containerd.sock', '')
  await runComponent(sandboxImage, fake)
  expect([...fake.images]).toEqual(['registry.k8s.io/pause:3.10.2'])
})
