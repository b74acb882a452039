import { expect, test } from 'vitest'
import { runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { coredns } from './component.ts'

test('applies CoreDNS unless all its objects exist', async () => {
  const fake = fakeKubernetes()
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  expect(await runComponent(coredns, fake)).toEqual(['coredns/apply'])
  expect(await runComponent(coredns, fake)).toEqual([])
  // With one object missing the phase runs again.
  const last = [...fake.objects.keys()].at(-1) ?? ''
  fake.objects.delete(last)
  expect(await runComponent(coredns, fake)).not.toEqual([])
  expect(fake.objects.has(last)).toBe(true)
})

test('applies again after a scale to 0, and keeps any other number of replicas', async () => {
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
