import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { containerdPrograms, STANDARD } from '../../base/layout.ts'
import { DEFAULT_VERSIONS } from '../../bundle/versions/sets.ts'
import { apiServerImages } from './component.ts'

test('imports the API server and the sandbox image', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(apiServerImages, fake)
  expect([...fake.images.keys()]).toEqual([
    `registry.k8s.io/kube-apiserver:${DEFAULT_VERSIONS.kubernetes}`,
    'registry.k8s.io/pause:3.10.2',
  ])
  expect(await runComponent(apiServerImages, fake)).toEqual([])
})

test('imports only images that containerd does not have completely', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  fake.images.set(`registry.k8s.io/kube-apiserver:${DEFAULT_VERSIONS.kubernetes}`, true)
  await runComponent(apiServerImages, fake)
  const imported = fake.host.calls.filter((argv) => argv.includes('import')).map((argv) => argv.at(-1))
  expect(imported).toHaveLength(1)
  expect(imported.join()).not.toContain('apiserver')
})

test('an image without the pin, which the kubelet may remove, is pinned without another download', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(apiServerImages, fake)
  expect([...fake.images.values()]).toEqual([true, true])
  fake.images.set(`registry.k8s.io/kube-apiserver:${DEFAULT_VERSIONS.kubernetes}`, false)
  fake.params.bundleStore.fetch = () => Promise.reject(new Error('fetched again'))
  expect(await runComponent(apiServerImages, fake)).toEqual(['api-server-images/import'])
  expect([...fake.images.values()]).toEqual([true, true])
})

test('a removed image is imported again', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  await runComponent(apiServerImages, fake)
  fake.images.delete(`registry.k8s.io/kube-apiserver:${DEFAULT_VERSIONS.kubernetes}`)
  expect(await runComponent(apiServerImages, fake)).toEqual(['api-server-images/import'])
  expect(fake.images.get(`registry.k8s.io/kube-apiserver:${DEFAULT_VERSIONS.kubernetes}`)).toBe(true)
})

test('one unreadable image does not hide the others', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  const ctr = [`${containerdPrograms(STANDARD)}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io', 'images']
  const lines = [
    'REF TYPE DIGEST STATUS SIZE UNPACKED',
    `registry.k8s.io/kube-apiserver:${DEFAULT_VERSIONS.kubernetes} type sha256:0 error - false`,
    'registry.k8s.io/pause:3.10.2 type sha256:0 complete (1/1) 1.0 MiB/1.0 MiB true',
  ]
  const stderr = `ctr: unable to check registry.k8s.io/kube-apiserver:${DEFAULT_VERSIONS.kubernetes}: content digest: not found`
  fake.host.on([...ctr, 'check'], { exitCode: 1, stdout: `${lines.join('\n')}\n`, stderr })
  const [step] = apiServerImages.steps(fake.params)
  expect(await step?.isDone(fake.host, fake.params)).toBe(false)
  await step?.apply(fake.host, fake.params, {
    signal: new AbortController().signal,
    progress: () => undefined,
    log: () => undefined,
  })
  const imported = fake.host.calls.filter((argv) => argv.includes('import')).map((argv) => argv.at(-1))
  expect(imported).toEqual([expect.stringContaining('kube-apiserver')])
})

test('without containerd there are no images, and no error', async () => {
  const fake = fakeKubernetes()
  const [step] = apiServerImages.steps(fake.params)
  expect(await step?.isDone(fake.host, fake.params)).toBe(false)
})
