import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { IMAGES } from '../contents.ts'
import { DEFAULT_VERSIONS as V } from '../versions/sets.ts'
import { forSkopeo, forWget, upstreamList } from './list.ts'

test('the list has every file with its checksum, and every image', () => {
  const list = upstreamList(V, 'arm64')
  expect(list.files.find(({ gives }) => gives.includes('bin/runc'))).toEqual({
    url: `https://github.com/opencontainers/runc/releases/download/${V.runc}/runc.arm64`,
    checksumUrl: `https://github.com/opencontainers/runc/releases/download/${V.runc}/runc.sha256sum`,
    gives: ['bin/runc'],
  })
  expect(list.images).toHaveLength(Object.keys(IMAGES).length)
})

test("Calico's release archive is listed as optional, and not fetched with the others", () => {
  const { podNetworks } = upstreamList(V, 'x64')
  expect(podNetworks).toEqual([
    {
      url: `https://github.com/projectcalico/calico/releases/download/${V.calico}/release-${V.calico}.tgz`,
      checksumUrl: `https://github.com/projectcalico/calico/releases/download/${V.calico}/SHA256SUMS`,
      gives: [
        'manifests/calico.yaml',
        ...['node', 'cni', 'kube-controllers'].map((name) => `images/calico-${name}.tar`),
      ],
    },
  ])
  expect(forWget(upstreamList(V, 'x64'))).not.toContain('calico')
})

test('for wget: one URL in each line, files and checksums', () => {
  const lines = forWget(upstreamList(V, 'x64')).trim().split('\n')
  expect(lines).toContain(`https://dl.k8s.io/release/${V.kubernetes}/bin/linux/amd64/kubelet`)
  expect(lines).toContain(`https://dl.k8s.io/release/${V.kubernetes}/bin/linux/amd64/kubelet.sha256`)
  for (const line of lines) expect(line).toMatch(/^https:\/\/\S+$/)
  expect(new Set(lines).size).toBe(lines.length)
})

test('for skopeo: tags by registry and name', () => {
  expect(parse(forSkopeo(upstreamList(V, 'x64')))).toMatchObject({
    'registry.k8s.io': { images: { pause: [V.pause], 'coredns/coredns': [V.coredns] } },
    'ghcr.io': { images: { 'flannel-io/flannel': [V.flannel] } },
  })
})
