import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { kubeadm } from '../kubeadm/component.ts'
import { controlPlane } from './component.ts'

async function prepared() {
  const fake = fakeKubernetes()
  await runComponent(kubeadm, fake)
  return fake
}

test('API server first; kubelet is restarted before controllers start, never while it creates them', async () => {
  const fake = await prepared()
  expect(await runComponent(controlPlane, fake)).toEqual([
    'control-plane/write-api-server',
    'control-plane/start-kubelet',
    'control-plane/finalize-kubelet',
    'control-plane/write-controllers',
  ])
  expect(await runComponent(controlPlane, fake)).toEqual([])
})

test('a manifest that a kill cut off is written again', async () => {
  const fake = await prepared()
  await runComponent(controlPlane, fake)
  fake.host.files.seed('/etc/kubernetes/manifests/kube-scheduler.yaml', 'kind: Po')
  expect(await runComponent(controlPlane, fake)).toEqual(['control-plane/write-controllers'])
})

test('an API server that never answers is named after 240 s', async () => {
  const fake = await prepared()
  fake.host.network.onRequest('https://10.0.0.5:6443/readyz', new Error('ECONNREFUSED'))
  await expect(runComponent(controlPlane, fake)).rejects.toMatchObject({ code: 'control-plane/no-answer' })
})

test('what pods will leave behind is in the ledger before kubelet starts', async () => {
  const fake = await prepared()
  await runComponent(controlPlane, fake)
  const kinds = fake.host.changes.map(({ undo }) => undo.kind)
  const started = fake.host.changes.findIndex(({ undo }) => undo.kind === 'unit' && undo.unit === 'kubelet.service')
  expect(started).toBeGreaterThan(kinds.indexOf('container-processes'))
  // kubelet sets it by itself; its former value is kept.
  const sysctls = fake.host.changes.flatMap(({ undo }) => (undo.kind === 'sysctl' ? [undo] : []))
  expect(sysctls).toContainEqual({ kind: 'sysctl', key: 'vm.overcommit_memory', before: '0' })
})
