import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { closureOf, imagesOf } from '../../src/bundle/closure/closure.ts'
import type { OpenFile } from '../../src/bundle/closure/open-file.ts'
import { kubeadmReferences } from '../../src/bundle/closure/references.ts'
import { parseManifest } from '../../src/bundle/manifest.ts'
import { cacheDirectory } from '../support/testbed/bed.ts'

/** The newest bundle that this machine has built. */
const [manifestFile] = globSync(join(cacheDirectory(), 'bundles/*/manifest.json')).sort(
  (a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs,
)

/** Files of a bundle are not executable. */
function listedBy(kubeadm: string, version: string): string[] {
  const scratch = mkdtempSync(join(tmpdir(), 'kubeadm-'))
  try {
    const executable = join(scratch, 'kubeadm')
    copyFileSync(kubeadm, executable)
    chmodSync(executable, 0o755)
    const argv = ['config', 'images', 'list', '--kubernetes-version', version]
    return execFileSync(executable, argv, { encoding: 'utf8' }).trim().split('\n')
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

test.skipIf(manifestFile === undefined)(
  "the real bundle has kubeadm's own list, and every image that is taken away is missed (needs a built bundle)",
  async () => {
    const directory = dirname(manifestFile ?? '')
    const { files, kubernetesVersion, arch } = parseManifest(JSON.parse(readFileSync(manifestFile ?? '', 'utf8')))
    const open = files.map((file): OpenFile => ({ ...file, bytes: () => createReadStream(join(directory, file.path)) }))
    const listed = listedBy(join(directory, 'bin/kubeadm'), kubernetesVersion)
    const own = kubeadmReferences(kubernetesVersion).map(({ image }) => image)
    expect(listed.filter((image) => !image.startsWith('registry.k8s.io/etcd:')).sort()).toEqual(own.sort())

    const images = await imagesOf(open, arch)
    const manifests = open.filter(({ name }) => name !== 'calico.yaml' && name !== 'cilium.yaml')
    expect(await closureOf(manifests, images, kubernetesVersion)).toEqual({ missing: [], without: [] })
    for (const { name } of images) {
      const others = images.filter((image) => image.name !== name)
      const { missing } = await closureOf(manifests, others, kubernetesVersion)
      const wanted = name.replace(/^(cantrip\.local\/agent):.*/, '$1:VERSION')
      expect(missing.map(({ image }) => image)).toContain(wanted)
    }
  },
)
