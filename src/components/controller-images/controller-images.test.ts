import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { DEFAULT_VERSIONS } from '../../bundle/versions/sets.ts'
import { controllerImages } from './component.ts'

test('imports controllers and scheduler', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(controllerImages, fake)
  expect([...fake.images.keys()]).toEqual([
    `registry.k8s.io/kube-controller-manager:${DEFAULT_VERSIONS.kubernetes}`,
    `registry.k8s.io/kube-scheduler:${DEFAULT_VERSIONS.kubernetes}`,
  ])
})
