import { expect, test } from 'vitest'
import { runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { coredns } from './component.ts'

const DEPLOYMENT = '/apis/apps/v1/namespaces/kube-system/deployments/coredns'

function machine() {
  const fake = fakeKubernetes()
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  const configure = (identity: string) =>
    fake.host.files.seed(
      '/etc/kubernetes/patches/corednsdeployment+strategic.yaml',
      `metadata:\n  annotations:\n    cantrip.local/configuration: "${identity}"\n`,
    )
  configure('0123456789abcdef')
  const annotated = (identity: string, replicas: number) => {
    const metadata = { annotations: { 'cantrip.local/configuration': identity } }
    fake.objects.set(DEPLOYMENT, { metadata, spec: { replicas } })
  }
  return { fake, configure, annotated }
}

test('applies CoreDNS unless all its objects exist', async () => {
  const { fake } = machine()
  expect(await runComponent(coredns, fake)).toEqual(['coredns/apply'])
  expect(await runComponent(coredns, fake)).toEqual([])
  // With one object missing the phase runs again.
  const last = [...fake.objects.keys()].at(-1) ?? ''
  fake.objects.delete(last)
  expect(await runComponent(coredns, fake)).not.toEqual([])
  expect(fake.objects.has(last)).toBe(true)
})

test('applies again after a scale to 0, and keeps any other number of replicas', async () => {
  const { fake, annotated } = machine()
  await runComponent(coredns, fake)
  annotated('0123456789abcdef', 3)
  expect(await runComponent(coredns, fake)).toEqual([])
  annotated('0123456789abcdef', 0)
  expect(await runComponent(coredns, fake)).toEqual(['coredns/apply'])
})

test('another configuration is applied, and an administrator’s number of replicas stays', async () => {
  const { fake, configure, annotated } = machine()
  annotated('0123456789abcdef', 3)
  configure('fedcba9876543210')
  expect(await runComponent(coredns, fake)).toEqual(['coredns/apply'])
  expect(fake.host.calls.at(-1)?.slice(-3)).toEqual(['scale', 'deployment/coredns', '--replicas=3'])
})
