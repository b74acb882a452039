import { expect, test } from 'vitest'
import { runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { clusterConfig } from './component.ts'

test('stores it again when a setting changes, and when the setting is removed', async () => {
  const fake = fakeKubernetes()
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  await runComponent(clusterConfig, fake)
  fake.params.cluster.overrides = { kubelet: 'maxPods: 50' }
  expect(await runComponent(clusterConfig, fake)).toEqual(['cluster-config/upload'])
  fake.params.cluster.overrides = {}
  expect(await runComponent(clusterConfig, fake)).toEqual(['cluster-config/upload'])
  expect(await runComponent(clusterConfig, fake)).toEqual([])
})

test('stores the configuration and binds permissions that are missing', async () => {
  const fake = fakeKubernetes()
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  expect(await runComponent(clusterConfig, fake)).toEqual(['cluster-config/upload', 'cluster-config/bind-rights'])
  expect(await runComponent(clusterConfig, fake)).toEqual([])
  // With one object missing the phase runs again.
  const last = [...fake.objects.keys()].at(-1) ?? ''
  fake.objects.delete(last)
  expect(await runComponent(clusterConfig, fake)).not.toEqual([])
  expect(fake.objects.has(last)).toBe(true)
})
