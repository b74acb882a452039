import { expect, test } from 'vitest'
import { runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { cni } from './component.ts'

function prepared(cluster: Parameters<typeof fakeKubernetes>[0] = {}) {
  const fake = fakeKubernetes(cluster)
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  return fake
}

test('is applied once, and again after a change of the subnet', async () => {
  const fake = prepared()
  expect(await runComponent(cni, fake)).toContain('cni/apply')
  expect(await runComponent(cni, fake)).toEqual([])
  const { params } = fakeKubernetes({ podSubnet: '10.99.0.0/16' })
  expect(await runComponent(cni, { ...fake, params })).toEqual(['cni/apply'])
})

test('with cni none nothing is applied', async () => {
  expect(cni.steps(fakeKubernetes({ cni: 'none' }).params)).toEqual([])
})

test('a pod network that does not come up is named', async () => {
  const fake = prepared()
  const [, wait] = cni.steps(fake.params)
  const context = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined }
  await expect(wait?.apply(fake.host, fake.params, context)).rejects.toMatchObject({ code: 'cni/not-up' })
})
