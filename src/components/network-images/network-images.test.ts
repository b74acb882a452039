import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { DEFAULT_VERSIONS } from '../../bundle/versions/sets.ts'
import { networkImages } from './component.ts'

test('imports kube-proxy and the images of the chosen network', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(networkImages, fake)
  expect([...fake.images.keys()]).toEqual([
    `registry.k8s.io/kube-proxy:${DEFAULT_VERSIONS.kubernetes}`,
    'ghcr.io/flannel-io/flannel:v0.28.4',
  ])
  expect(await runComponent(networkImages, fake)).toEqual([])
})

test('a cluster with cni none needs only kube-proxy', async () => {
  const fake = fakeKubernetes({ cni: 'none' })
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(networkImages, fake)
  expect([...fake.images.keys()]).toEqual([`registry.k8s.io/kube-proxy:${DEFAULT_VERSIONS.kubernetes}`])
})
