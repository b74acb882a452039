import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CONTAINERD } from '../../src/base/kubernetes-paths.ts'
import { containerdPrograms, STANDARD } from '../../src/base/layout.ts'
import type { BundleFile } from '../../src/bundle/format.ts'
import { imageArchive } from '../../src/bundle/make/image.ts'
import { oldImages } from '../../src/components/old-images/component.ts'
import { importStep } from '../../src/provision/images/import-step.ts'
import { CONTAINERD_EXECUTABLE, type Containerd, startContainerd } from '../support/containerd/containerd.ts'
import { imageStatus } from '../support/containerd/image-service.ts'
import { fakeKubernetes, runComponent } from '../support/fake-kubernetes.ts'

const isMissing = CONTAINERD_EXECUTABLE === undefined || process.getuid?.() !== 0
const PROXY = 'registry.k8s.io/kube-proxy'

let containerd: Containerd
beforeAll(async () => {
  if (!isMissing) containerd = await startContainerd(CONTAINERD_EXECUTABLE ?? '')
})
afterAll(() => containerd?.stop())

const ctr = (...argv: string[]) => {
  const { exitCode, stdout, stderr } = containerd.ctr('--namespace', 'k8s.io', ...argv)
  if (exitCode !== 0) throw new Error(stderr)
  return stdout
}

/** A machine whose bundle has these images, with the real containerd. */
function machineWith(...names: string[]) {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  fake.host.on([`${containerdPrograms(STANDARD)}/ctr`], (argv) => containerd.ctr(...argv.slice(1)))
  const { manifest } = fake.params.bundleStore
  const image = manifest.files.find(({ role }) => role === 'image') as BundleFile
  manifest.files.splice(0, manifest.files.length, ...names.map((name, at) => ({ ...image, name, path: `${at}.tar` })))
  fake.params.bundleStore.fetch = async (_, { name, path }) => {
    const archive = join(containerd.directory, path)
    await mkdir(dirname(archive), { recursive: true })
    await writeFile(
      archive,
      (await imageArchive({ name, arch: 'x64', layer: new Map([['/name', { text: name }]]) })).bytes(),
    )
    return archive
  }
  const images = { id: 'test', after: [], steps: () => [importStep('test/import', 'Importing', () => manifest.files)] }
  return {
    fake,
    upgrade: async () => [...(await runComponent(oldImages, fake)), ...(await runComponent(images, fake))],
  }
}

test.skipIf(isMissing)('three upgrades leave the images of two versions, and those of a container', async () => {
  const names = () =>
    ctr('images', 'list', '--quiet')
      .split('\n')
      .filter((name) => name.includes(':v'))
  await machineWith(`${PROXY}:v1.44.1`, 'example.org/own:v1').upgrade()
  await machineWith(`${PROXY}:v1.45.4`).upgrade()
  const third = machineWith(`${PROXY}:v1.46.3`)
  expect(await third.upgrade()).toEqual(['old-images/remove', 'test/import'])
  expect(names()).toEqual(['example.org/own:v1', `${PROXY}:v1.45.4`, `${PROXY}:v1.46.3`])
  expect(await imageStatus(containerd.socket, `${PROXY}:v1.44.1`)).toBeUndefined()
  expect(await imageStatus(containerd.socket, `${PROXY}:v1.45.4`)).toEqual({ pinned: true })
  expect(await third.upgrade()).toEqual([])
  const all = ctr('images', 'list', '--quiet')
    .split('\n')
    .filter((name) => name.startsWith(PROXY))
  expect(all).toHaveLength(4)

  ctr('containers', 'create', `${PROXY}:v1.45.4`, 'own')
  await machineWith(`${PROXY}:v1.47.2`).upgrade()
  expect(await machineWith(`${PROXY}:v1.48.1`).upgrade()).toEqual(['old-images/remove', 'test/import'])
  expect(names()).toEqual(['example.org/own:v1', `${PROXY}:v1.45.4`, `${PROXY}:v1.47.2`, `${PROXY}:v1.48.1`])
})
