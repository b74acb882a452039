import { expect, test } from 'vitest'
import { KUBE_PROXY, runKubeadm } from '../../../test/support/fake-kubeadm.ts'
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

test('its pods are replaced when its configuration changes', async () => {
  const fake = prepared()
  await runComponent(kubeProxy, fake)
  fake.params.cluster.overrides = { 'kube-proxy': 'mode: nftables' }
  expect(await runComponent(kubeProxy, fake)).toEqual(['kube-proxy/apply'])
  expect(JSON.stringify(fake.objects.get(KUBE_PROXY))).toContain('cantrip.local/configuration')
  fake.params.cluster.overrides = {}
  expect(await runComponent(kubeProxy, fake)).toEqual(['kube-proxy/apply'])
  expect(JSON.stringify(fake.objects.get(KUBE_PROXY))).not.toContain('cantrip.local/configuration')
})

test('waits until the API answers at its service address', async () => {
  const fake = prepared()
  let asked = 0
  fake.host.network.onRequest('https://10.43.0.1:443/readyz', () => ({ status: ++asked > 3 ? 200 : 500 }))
  expect(await runComponent(kubeProxy, fake)).toEqual(['kube-proxy/apply', 'kube-proxy/await-services'])
})
