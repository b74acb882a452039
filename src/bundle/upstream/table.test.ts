import { expect, test } from 'vitest'
import { BINARIES, CNI_PLUGINS, MANIFESTS } from '../contents.ts'
import { DEFAULT_VERSIONS, VERSION_SETS } from '../versions/sets.ts'
import { upstreamFiles } from './table.ts'

test('every file that a bundle needs is published in exactly one place, for every version and architecture', () => {
  const required = Object.entries(MANIFESTS).filter(([, manifest]) => manifest.required)
  const wanted = [
    ...Object.keys(BINARIES).map((name) => `bin/${name}`),
    ...Object.keys(CNI_PLUGINS).map((name) => `cni/${name}`),
    ...required.map(([name]) => `manifests/${name}`),
  ].sort()
  for (const versions of VERSION_SETS) {
    for (const arch of ['x64', 'arm64'] as const) {
      const files = upstreamFiles(versions, arch).filter(({ spare }) => !spare)
      expect(files.flatMap(({ gives }) => gives.map(({ path }) => path)).sort()).toEqual(wanted)
      for (const { url, checksumUrl = '', names } of files) expect(`${url} ${checksumUrl} ${names}`).not.toMatch(/[{}]/)
    }
  }
})

test("the places are those of the projects' releases", () => {
  const set = DEFAULT_VERSIONS
  const places = upstreamFiles(set, 'x64').map(({ place }) => place)
  const bare = (version: string) => version.slice(1)
  expect(places).toEqual(
    expect.arrayContaining([
      `dl.k8s.io/release/${set.kubernetes}/bin/linux/amd64/kubelet`,
      `github.com/containerd/containerd/releases/download/${set.containerd}/containerd-${bare(set.containerd)}-linux-amd64.tar.gz`,
      `github.com/opencontainers/runc/releases/download/${set.runc}/runc.amd64`,
      `github.com/coredns/coredns/releases/download/${set.coredns}/coredns_${bare(set.coredns)}_linux_amd64.tgz`,
    ]),
  )
})
