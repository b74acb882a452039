import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { images } from './component.ts'

test('what the control plane needs, the API server first', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed('/run/containerd/containerd.sock', '')
  await runComponent(images, fake)
  expect([...fake.images]).toEqual([
    'registry.k8s.io/kube-apiserver:v1.36.3',
    'registry.k8s.io/pause:3.10.2',
    'registry.k8s.io/kube-controller-manager:v1.36.3',
    'registry.k8s.io/kube-scheduler:v1.36.3',
  ])
  expect(await runComponent(images, fake)).toEqual([])
})

test('imports only what containerd does not have whole', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed('/run/containerd/containerd.sock', '')
  fake.images.add('registry.k8s.io/kube-apiserver:v1.36.3')
  await runComponent(images, fake)
  const imported = fake.host.calls.filter((argv) => argv.includes('import')).map((argv) => argv.at(-1))
  expect(imported).toHaveLength(3)
  expect(imported.join()).not.toContain('apiserver')
})

test('without a containerd nothing is there, and looking is no error', async () => {
  const fake = fakeKubernetes()
  const [step] = images.steps(fake.params)
  expect(await step?.isDone(fake.host, fake.params)).toBe(false)
})
