import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../../kubernetes/paths.ts'
import { apiServerImages } from './component.ts'

test('the API server and the sandbox it runs in', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(apiServerImages, fake)
  expect([...fake.images.keys()]).toEqual(['registry.k8s.io/kube-apiserver:v1.36.3', 'registry.k8s.io/pause:3.10.2'])
  expect(await runComponent(apiServerImages, fake)).toEqual([])
})

test('imports only what containerd does not have whole', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  fake.images.set('registry.k8s.io/kube-apiserver:v1.36.3', true)
  await runComponent(apiServerImages, fake)
  const imported = fake.host.calls.filter((argv) => argv.includes('import')).map((argv) => argv.at(-1))
  expect(imported).toHaveLength(1)
  expect(imported.join()).not.toContain('apiserver')
})

test('an image that the kubelet may remove is not done: it is imported again, and pinned', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(apiServerImages, fake)
  expect([...fake.images.values()]).toEqual([true, true])
  fake.images.set('registry.k8s.io/kube-apiserver:v1.36.3', false)
  expect(await runComponent(apiServerImages, fake)).toEqual(['api-server-images/import'])
  expect([...fake.images.values()]).toEqual([true, true])
})

test('an image that is gone is brought back', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(apiServerImages, fake)
  fake.images.delete('registry.k8s.io/kube-apiserver:v1.36.3')
  expect(await runComponent(apiServerImages, fake)).toEqual(['api-server-images/import'])
  expect(fake.images.get('registry.k8s.io/kube-apiserver:v1.36.3')).toBe(true)
})

test('without a containerd nothing is there, and looking is no error', async () => {
  const fake = fakeKubernetes()
  const [step] = apiServerImages.steps(fake.params)
  expect(await step?.isDone(fake.host, fake.params)).toBe(false)
})
