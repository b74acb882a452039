import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { apiServerImages } from './component.ts'

test('the API server and the sandbox it runs in', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed('/run/containerd/containerd.sock', '')
  await runComponent(apiServerImages, fake)
  expect([...fake.images]).toEqual(['registry.k8s.io/kube-apiserver:v1.36.3', 'registry.k8s.io/pause:3.10.2'])
  expect(await runComponent(apiServerImages, fake)).toEqual([])
})

test('imports only what containerd does not have whole', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed('/run/containerd/containerd.sock', '')
  fake.images.add('registry.k8s.io/kube-apiserver:v1.36.3')
  await runComponent(apiServerImages, fake)
  const imported = fake.host.calls.filter((argv) => argv.includes('import')).map((argv) => argv.at(-1))
  expect(imported).toHaveLength(1)
  expect(imported.join()).not.toContain('apiserver')
})

test('without a containerd nothing is there, and looking is no error', async () => {
  const fake = fakeKubernetes()
  const [step] = apiServerImages.steps(fake.params)
  expect(await step?.isDone(fake.host, fake.params)).toBe(false)
})
