import { expect, test } from 'vitest'
import { runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { coredns } from './component.ts'

test('applies CoreDNS unless all of it is there', async () => {
  const fake = fakeKubernetes()
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  expect(await runComponent(coredns, fake)).toEqual(['coredns/apply'])
  expect(await runComponent(coredns, fake)).toEqual([])
  // One part of it gone: the phase is run again.
  const last = [...fake.objects.keys()].at(-1) ?? ''
  fake.objects.delete(last)
  expect(await runComponent(coredns, fake)).not.toEqual([])
  expect(fake.objects.has(last)).toBe(true)
})

test('brings back what was scaled down to nothing, and leaves another count alone', async () => {
  const fake = fakeKubernetes()
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  await runComponent(coredns, fake)
  const path = '/apis/apps/v1/namespaces/kube-system/deployments/coredns'
  fake.objects.set(path, { spec: { replicas: 3 } })
  expect(await runComponent(coredns, fake)).toEqual([])
  fake.objects.set(path, { spec: { replicas: 0 } })
  expect(await runComponent(coredns, fake)).toEqual(['coredns/apply'])
})
