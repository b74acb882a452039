import { expect, test } from 'vitest'
import { fakeKubernetes } from '../../../test/support/fake-kubernetes.ts'
import type { BundleFile } from '../../bundle/format.ts'
import { KUBELET_CONF } from '../../provision/paths.ts'
import { requireClosedBundle } from './closed-bundle.ts'

type Cni = 'flannel' | 'calico' | 'cilium' | 'none'

function scene(cni: Cni, keep: (file: BundleFile) => boolean = () => true) {
  const fake = fakeKubernetes({ cni })
  const { manifest } = fake.params.bundleStore
  manifest.files = manifest.files.filter(keep)
  return { ...fake, check: () => requireClosedBundle(fake.host, fake.params, 'first-master') }
}

test.each<Cni>(['flannel', 'none'])('a complete bundle, with the pod network %s', async (cni) => {
  await expect(scene(cni).check()).resolves.toBeUndefined()
})

const { manifest } = fakeKubernetes().params.bundleStore
const needed = manifest.files.filter(({ role }) => role === 'image' || role === 'manifest').map(({ name }) => name)

test.each(needed)('without %s nothing is changed', async (name) => {
  const { check, host } = scene('flannel', (file) => file.name !== name)
  await expect(check()).rejects.toMatchObject({ code: 'bundle/not-closed', kind: 'invalid' })
  expect(host.changes).toEqual([])
})

test('a pod network without its images, except on a node that has joined', async () => {
  const { check, host } = scene('calico')
  await expect(check()).rejects.toMatchObject({ message: expect.stringContaining('calico.yaml, images of calico') })
  host.files.seed(KUBELET_CONF, '')
  await expect(check()).resolves.toBeUndefined()
})
