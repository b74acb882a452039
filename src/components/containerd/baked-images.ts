import { join } from 'node:path/posix'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { BAKED_DATABASES, BAKED_MANIFEST, BAKED_TREES, IMAGE_DATABASE } from '../../provision/images/baked-store.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { expectState } from './state.ts'

const COVERED = { kind: 'nothing', because: "it is removed with containerd's directory" } as const
const COPY_MS = 600_000

/**
 * Gives containerd the images of the image of this machine. Files that containerd never writes to become hard links, and its
 * databases copies: so nothing of the image changes, and an undo removes what containerd had.
 */
export const useBakedImages: ProvisionStep = {
  id: 'containerd/use-baked-images',
  title: "Taking over images of this machine's image",
  async isDone(host, { bundleStore }) {
    if ((await host.stat(join(CONTAINERD.root, IMAGE_DATABASE))) !== undefined) return true
    // Another containerd may not read these databases. The manifest was written last.
    const manifest = await host.read(BAKED_MANIFEST)
    return manifest?.includes(bundleStore.file('binary', 'containerd').sha256) !== true
  },
  async apply(host, _params, { signal }) {
    await expectState(host)
    for (const tree of BAKED_TREES) {
      const [from, to] = [join(CONTAINERD.baked, tree), join(CONTAINERD.root, tree)]
      // With --force, what an attempt before has left is replaced.
      const copy = (how: string) => {
        const argv = ['cp', '--archive', '--force', how, '--no-target-directory', from, to] as const
        return host.run(argv, COVERED, { signal, timeoutMs: COPY_MS })
      }
      await host.run(['mkdir', '--parents', to], COVERED)
      // Hard links do not lead to another file system.
      await copy('--link').catch(() => copy('--reflink=auto'))
    }
    // The one that names the images comes last: with it, the step is done.
    for (const file of BAKED_DATABASES)
      await host.install(join(CONTAINERD.baked, file), join(CONTAINERD.root, file), 0o644)
  },
}
