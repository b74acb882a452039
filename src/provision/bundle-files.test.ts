import { expect, test } from 'vitest'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../base/kubernetes-paths.ts'
import { importStep } from './images/import-step.ts'
import { installStep } from './steps/install-step.ts'

const NAMES = ['kubelet', 'kubeadm']
const component = (fake: FakeKubernetes) => ({
  id: 'test',
  after: [],
  steps: () => [
    installStep('test/install', 'Installing', 'binary', NAMES),
    importStep('test/import', 'Importing', () => imagesOf(fake)),
  ],
})
const imagesOf = ({ params }: FakeKubernetes) =>
  params.bundleStore.manifest.files.filter(({ role }) => role === 'image').slice(0, 2)

async function provisioned(): Promise<FakeKubernetes> {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  expect(await runComponent(component(fake), fake)).toEqual(['test/install', 'test/import'])
  return fake
}

const leftOf = ({ host }: FakeKubernetes) =>
  [...host.files.nodes].filter(([path, { kind }]) => path.startsWith('/bundle/') && kind === 'file')

test('after the installation no bundle file remains, and a second run fetches nothing', async () => {
  const fake = await provisioned()
  expect(leftOf(fake)).toEqual([])
  fake.params.bundleStore.fetch = () => Promise.reject(new Error('fetched again'))
  expect(await runComponent(component(fake), fake)).toEqual([])
})

test('files of an earlier agent version are removed, without a fetch and without touching running programs', async () => {
  const fake = await provisioned()
  const { host, params } = fake
  for (const name of NAMES) {
    host.files.seedHardLink(
      params.bundleStore.pathOf(params.bundleStore.file('binary', name)),
      `/usr/local/bin/${name}`,
    )
  }
  for (const image of imagesOf(fake)) host.files.seed(params.bundleStore.pathOf(image), image.name)
  const before = host.files.get('/usr/local/bin/kubelet')
  params.bundleStore.fetch = () => Promise.reject(new Error('fetched again'))
  expect(await runComponent(component(fake), fake)).toEqual(['test/install', 'test/import'])
  expect(leftOf(fake)).toEqual([])
  expect(host.files.get('/usr/local/bin/kubelet')).toBe(before)
})

test.each([
  ['belongs to somebody', { uid: 1000 }],
  ['may be written by its group', { mode: 0o775 }],
])('an executable that %s is installed again', async (_, attributes) => {
  const fake = await provisioned()
  fake.host.files.setAttributes('/usr/local/bin/kubelet', attributes)
  expect(await runComponent(component(fake), fake)).toEqual(['test/install'])
  expect(await fake.host.stat('/usr/local/bin/kubelet')).toMatchObject({ uid: 0, gid: 0, mode: 0o755, links: 1 })
})
