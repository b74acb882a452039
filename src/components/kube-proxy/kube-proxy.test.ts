import { expect, test } from 'vitest'
import { runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { kubeProxy } from './component.ts'

function prepared() {
  const fake = fakeKubernetes()
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  return fake
}

test('applies kube-proxy unless all its objects exist', async () => {
  const fake = prepared()
  expect(await runComponent(kubeProxy, fake)).toEqual(['kube-proxy/apply'])
  expect(await runComponent(kubeProxy, fake)).toEqual([])
})

test('waits until the API answers at its service address', async () => {
  const fake = prepared()
  let asked = 0
  fake.host.network.onRequest('https://10.43.0.1:443/readyz', () => ({ status: ++asked > 3 ? 200 : 500 }))
  expect(await runComponent(kubeProxy, fake)).toEqual(['kube-proxy/apply', 'kube-proxy/await-services'])
})
