import { expect, test } from 'vitest'
import { runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { hasIdentity } from '../../provision/kubeadm/kubelet-certificates.ts'
import { kubeadm } from '../kubeadm/component.ts'
import { apiServer } from './component.ts'

async function prepared() {
  const fake = fakeKubernetes()
  await runComponent(kubeadm, fake)
  return fake
}

test('the kubelet starts after all its files exist, and is restarted once when the API answers', async () => {
  const fake = await prepared()
  expect(await runComponent(apiServer, fake)).toEqual([
    'api-server/write-manifest',
    'api-server/start-kubelet',
    'api-server/finalize-kubelet',
  ])
  expect(await runComponent(apiServer, fake)).toEqual([])
})

test.each([
  ['its kubeconfig names it', true],
  ['its kubeconfig does not name it yet', false],
])('a certificate of the kubelet that a power cut emptied is created again: %s', async (_, isNamed) => {
  const fake = await prepared()
  await runComponent(apiServer, fake)
  const conf = fake.host.text('/etc/kubernetes/kubelet.conf')
  fake.host.files.seed('/var/lib/kubelet/pki/kubelet-client-2026.pem', '')
  if (!isNamed) {
    fake.host.files.delete('/etc/kubernetes/kubelet.conf')
    runKubeadm(fake, 'kubeconfig all')
  }
  expect(await runComponent(kubeadm, fake)).toEqual(isNamed ? ['kubeadm/write-kubeconfigs'] : [])
  expect(await runComponent(apiServer, fake)).toEqual(['api-server/start-kubelet', 'api-server/finalize-kubelet'])
  expect(await hasIdentity(fake.host)).toBe(true)
  expect(fake.host.text('/etc/kubernetes/kubelet.conf')).toBe(conf)
})

test('a manifest that a kill truncated is written again', async () => {
  const fake = await prepared()
  await runComponent(apiServer, fake)
  fake.host.files.seed('/etc/kubernetes/manifests/kube-apiserver.yaml', 'kind: Po')
  expect(await runComponent(apiServer, fake)).toEqual(['api-server/write-manifest'])
})

test('an API server that never answers fails the step after 360 s', async () => {
  const fake = await prepared()
  fake.host.network.onRequest('https://10.0.0.5:6443/readyz', new Error('ECONNREFUSED'))
  await expect(runComponent(apiServer, fake)).rejects.toMatchObject({ code: 'api-server/no-answer' })
})

test('the undo of what pods create is recorded before the kubelet starts', async () => {
  const fake = await prepared()
  await runComponent(apiServer, fake)
  const kinds = fake.host.changes.map(({ undo }) => undo.kind)
  const started = fake.host.changes.findIndex(({ undo }) => undo.kind === 'unit' && undo.unit === 'kubelet.service')
  expect(started).toBeGreaterThan(kinds.indexOf('container-processes'))
  // The kubelet sets it itself; the former value is recorded.
  const sysctls = fake.host.changes.flatMap(({ undo }) => (undo.kind === 'sysctl' ? [undo] : []))
  expect(sysctls).toContainEqual({ kind: 'sysctl', key: 'vm.overcommit_memory', before: '0', written: '1' })
})
