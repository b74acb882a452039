import { expect, test } from 'vitest'
import { KUBE_PROXY, runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, ROLLED_OUT, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { identityOfKubeProxy } from '../../provision/kubeadm/identity.ts'
import { rollout } from './component.ts'

const COREDNS = '/apis/apps/v1/namespaces/kube-system/deployments/coredns'
const OPERATOR = '/apis/apps/v1/namespaces/cantrip-system/deployments/operator'
const done = { metadata: { generation: 2 }, spec: { replicas: 1 }, status: { ...ROLLED_OUT, observedGeneration: 2 } }

function machine() {
  const fake = fakeKubernetes()
  for (const phase of ['kubeconfig all', 'control-plane apiserver', 'kubelet-start', 'addon kube-proxy']) {
    runKubeadm(fake, phase)
  }
  fake.host.units.set('etcd.service', { active: true })
  fake.host.units.set('cantrip-containerd.service', { active: true })
  fake.host.on(['journalctl'], {})
  for (const path of [COREDNS, OPERATOR]) fake.objects.set(path, done)
  return fake
}

test('everything is rolled out', async () => {
  expect(await runComponent(rollout, machine())).toEqual([])
})

test.each([
  [
    'a deployment that its controller has not seen',
    COREDNS,
    { ...done, status: { ...ROLLED_OUT, observedGeneration: 1 } },
  ],
  ['a deployment without a new pod', OPERATOR, { ...done, status: { ...done.status, updatedReplicas: 0 } }],
  ['a deployment without a pod that serves', COREDNS, { ...done, status: { ...done.status, availableReplicas: 0 } }],
  [
    'the former kube-proxy on this node',
    KUBE_PROXY,
    { spec: { template: { spec: { containers: [{ image: 'registry.k8s.io/kube-proxy:v1.0.0' }] } } } },
  ],
])('waits for %s', async (_, path, object) => {
  const fake = machine()
  const wanted = fake.objects.get(path)
  fake.objects.set(path, object)
  const rolled = runComponent(rollout, fake)
  await fake.host.sleep(1_000)
  fake.objects.set(path, wanted)
  expect(await rolled).toEqual(['rollout/await'])
})

test('waits for the pod of kube-proxy with the present settings', async () => {
  const fake = machine()
  const { spec } = fake.objects.get(KUBE_PROXY) as { spec: { template: object } }
  fake.params.cluster.overrides = { 'kube-proxy': 'mode: nftables' }
  const rolled = runComponent(rollout, fake)
  await fake.host.sleep(1_000)
  const annotations = { 'cantrip.local/configuration': identityOfKubeProxy(fake.params) }
  fake.objects.set(KUBE_PROXY, { spec: { template: { ...spec.template, metadata: { annotations } } } })
  expect(await rolled).toEqual(['rollout/await'])
  expect(await runComponent(rollout, fake)).toEqual([])
})
