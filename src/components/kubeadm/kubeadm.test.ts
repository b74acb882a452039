import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { kubeadm } from './component.ts'

const PKI = '/etc/kubernetes/pki'

test('writes a configuration that kubeadm reads, and its patches', async () => {
  const fake = fakeKubernetes()
  await runComponent(kubeadm, fake)
  const text = fake.host.text('/etc/kubernetes/kubeadm.yaml')
  const kinds = [...parseAllDocuments(text)].map((document) => document.toJS().kind)
  expect(kinds).toEqual(['InitConfiguration', 'ClusterConfiguration', 'KubeletConfiguration', 'KubeProxyConfiguration'])
  expect(fake.host.text('/etc/kubernetes/patches/kube-scheduler+strategic.yaml')).toContain('periodSeconds: 1')
})

test.each([
  ['a certificate without its key', `${PKI}/ca.key`, undefined],
  ['a certificate that was cut off', `${PKI}/apiserver.crt`, '-----BEGIN CERTIFICATE-----\nMII'],
  ['an empty key', `${PKI}/sa.key`, ''],
])('%s, as left by a kill, is created again while there is no kubeconfig', async (_, path, text) => {
  const fake = fakeKubernetes()
  await runComponent(kubeadm, fake)
  fake.host.files.delete('/etc/kubernetes/admin.conf')
  if (text === undefined) fake.host.files.delete(path)
  else fake.host.files.seed(path, text)
  expect(await runComponent(kubeadm, fake)).toEqual(['kubeadm/issue-certificates', 'kubeadm/write-kubeconfigs'])
})

test('once the kubeconfigs exist, no CA is replaced', async () => {
  const fake = fakeKubernetes()
  await runComponent(kubeadm, fake)
  fake.host.files.seed(`${PKI}/apiserver.crt`, 'damaged')
  const removed: string[] = []
  const host = { ...fake.host, remove: async (path: string) => void removed.push(path) }
  await runComponent(kubeadm, { ...fake, host })
  expect(removed).toEqual([])
})

test('a truncated kubeconfig is created again', async () => {
  const fake = fakeKubernetes()
  await runComponent(kubeadm, fake)
  fake.host.files.seed('/etc/kubernetes/admin.conf', fake.host.text('/etc/kubernetes/admin.conf').slice(0, -20))
  expect(await runComponent(kubeadm, fake)).toEqual(['kubeadm/write-kubeconfigs'])
})

test('with several masters the cluster DNS has two replicas', async () => {
  const masters = ['n1', 'm2', 'm3'].map((name, index) => ({ name, address: `10.0.0.${5 + index}` }))
  const replicas = async (fake: ReturnType<typeof fakeKubernetes>) => {
    await runComponent(kubeadm, fake)
    return /replicas: (\d)/.exec(fake.host.text('/etc/kubernetes/patches/corednsdeployment+strategic.yaml'))?.[1]
  }
  expect(await replicas(fakeKubernetes())).toBe('1')
  expect(await replicas(fakeKubernetes({ masters }))).toBe('2')
})
