import { expect, test } from 'vitest'
import { KUBE_PROXY, runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, RULES_WRITTEN, runComponent } from '../../../test/support/fake-kubernetes.ts'
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

test('sends no packet to a service before kube-proxy has written its rules: it would leave the node', async () => {
  const fake = prepared()
  const queued = RULES_WRITTEN.replace('last_timestamp', 'last_queued_timestamp')
  const answers = [new Error('refused'), { status: 200, body: '' }, { status: 200, body: queued }]
  const asked: string[] = []
  fake.host.network.onRequest('http://127.0.0.1:10249/metrics', () => {
    asked.push('metrics')
    const answer = answers.shift() ?? { status: 200, body: RULES_WRITTEN }
    if (answer instanceof Error) throw answer
    return answer
  })
  fake.host.network.onRequest('https://10.43.0.1:443/readyz', () => {
    asked.push('service')
    return { status: 200 }
  })
  expect(await runComponent(kubeProxy, fake)).toEqual(['kube-proxy/apply', 'kube-proxy/await-services'])
  expect(asked.slice(0, 5)).toEqual(['metrics', 'metrics', 'metrics', 'metrics', 'service'])
})

test('asks the service alone if an override moves the metrics', async () => {
  const fake = prepared()
  fake.params.cluster.overrides = { 'kube-proxy': 'metricsBindAddress: 127.0.0.1:20249' }
  fake.host.network.onRequest('http://127.0.0.1:10249/metrics', new Error('refused'))
  expect(await runComponent(kubeProxy, fake)).toEqual(['kube-proxy/apply'])
})

test('waits until the API answers at its service address', async () => {
  const fake = prepared()
  let asked = 0
  fake.host.network.onRequest('https://10.43.0.1:443/readyz', () => ({ status: ++asked > 3 ? 200 : 500 }))
  expect(await runComponent(kubeProxy, fake)).toEqual(['kube-proxy/apply', 'kube-proxy/await-services'])
})
