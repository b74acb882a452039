import { expect, test } from 'vitest'
import { fakeKubernetes } from '../../../test/support/fake-kubernetes.ts'
import { CONTROL_PLANE, staleManifests } from './static-pods.ts'

const annotation = (identity: string) => `    cantrip.local/configuration: ${identity}\n`
const ONE = '0123456789abcdef'

function machine(manifest: string, patch = annotation(`"${ONE}"`)) {
  const fake = fakeKubernetes({ kubernetesVersion: 'v1.36.2' })
  for (const name of CONTROL_PLANE) {
    fake.host.files.seed(`/etc/kubernetes/patches/${name}+strategic.yaml`, patch)
    fake.host.files.seed(`/etc/kubernetes/manifests/${name}.yaml`, manifest.replace('NAME', name))
  }
  return staleManifests(fake.host, fake.params)
}

const image = (version: string) => `    image: registry.k8s.io/NAME:${version}\n`
const END = 'status: {}\n'

test.each([
  ['of this configuration', annotation(ONE) + image('v1.36.2') + END, true],
  ['of another configuration', annotation('fedcba9876543210') + image('v1.36.2') + END, false],
  ['that a power cut truncated', annotation(ONE) + image('v1.36.2'), false],
  ['of an earlier build, with this version', image('v1.36.2') + END, true],
  ['of an earlier build, with another version', image('v1.36.20') + END, false],
])('a manifest %s', async (_, manifest, isCurrent) => {
  expect(await machine(manifest)).toEqual(isCurrent ? [] : CONTROL_PLANE)
})
