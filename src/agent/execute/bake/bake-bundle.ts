import type { KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path/posix'
import { CONTAINERD } from '../../../base/kubernetes-paths.ts'
import { proveClosure } from '../../../bundle/closure/closure.ts'
import { badBundle } from '../../../bundle/error.ts'
import { SIGNATURE_NAME } from '../../../bundle/format.ts'
import { localBundleStore } from '../../../bundle/store.ts'
import { type VerifiedBundle, verifyBundle } from '../../../bundle/verify/verify.ts'
import type { Step, Workflow } from '../../../engine/step.ts'
import type { Host, HostView } from '../../../host/host.ts'
import { BUNDLE_STEPS } from '../../../ledger/baked.ts'
import { BAKED_DATABASES, BAKED_MANIFEST } from '../../../provision/images/baked-store.ts'
import { keepImages } from '../../../provision/images/import-step.ts'
import type { BundleStore } from '../../../provision/params.ts'
import { imageSteps } from '../../../roles/image.ts'
import { withContainerd } from './temporary-containerd.ts'

/** A bundle that becomes part of the image. */
export interface GivenBundle {
  /** A directory or a .tar file. */
  source: string
  /** Of its builder. */
  key: KeyObject
  /** Another version is refused. */
  kubernetesVersion?: string
}

interface BakeBundleParams {
  given: GivenBundle
  /** Since the bundle was verified in this run. */
  verified?: VerifiedBundle
  bundleStore: BundleStore
}

/** Copies of the bundle's files, until they are installed and imported. */
const COPIES = `${CONTAINERD.baked}/bundle`
const SIGNATURE = join(CONTAINERD.baked, SIGNATURE_NAME)
const NOTHING = { kind: 'nothing', because: 'it is needed only while an image of machines is made' } as const

const removeTree = (host: Host, path: string) => host.run(['rm', '--recursive', '--force', path], NOTHING)

const verify: Step<BakeBundleParams> = {
  id: `${BUNDLE_STEPS}verify`,
  title: 'Verifying the bundle',
  isDone: async (_, { verified }) => verified !== undefined,
  async apply(host, params) {
    await host.expect({ kind: 'remove-tree', path: CONTAINERD.baked, all: true })
    await removeTree(host, COPIES)
    await host.makeDirectory(CONTAINERD.baked, 0o700)
    await host.makeDirectory(COPIES, 0o700)
    const verified = await copyOf(host, params.given).catch(async (error: unknown) => {
      await removeTree(host, COPIES)
      throw error
    })
    params.bundleStore = localBundleStore(verified.manifest, COPIES)
    params.verified = verified
  },
}

/** Copies the verified files. Throws unless the bundle has every image that it names, also those that kubeadm lists. */
async function copyOf(host: HostView, given: GivenBundle): Promise<VerifiedBundle> {
  const verified = await verifyBundle(given.source, given.key, COPIES)
  refuseOther(host, verified, given)
  const bytesOf = (path: string) => createReadStream(join(COPIES, path))
  const files = verified.manifest.files.map((file) => ({ ...file, bytes: () => bytesOf(file.path) }))
  await proveClosure(files, verified.manifest)
  return verified
}

function refuseOther(host: HostView, { manifest }: VerifiedBundle, { kubernetesVersion }: GivenBundle): void {
  const { name, arch } = manifest
  if (arch !== host.arch())
    throw badBundle(
      'wrong-arch',
      `${name} is for ${arch}; this machine is ${host.arch()}`,
      `pass a bundle for ${host.arch()}`,
    )
  if (kubernetesVersion === undefined || kubernetesVersion === manifest.kubernetesVersion) return
  throw badBundle(
    'wrong-version',
    `${name} has Kubernetes ${manifest.kubernetesVersion}; wanted ${kubernetesVersion}`,
    'pass a bundle of that version, or leave --kubernetes-version out',
  )
}

const executables = imageSteps.map(
  (step): Step<BakeBundleParams> => ({ ...step, id: `${BUNDLE_STEPS}${step.id}` }) as Step<BakeBundleParams>,
)

const images: Step<BakeBundleParams> = {
  id: `${BUNDLE_STEPS}images`,
  title: 'Importing images',
  async isDone(host, { verified }) {
    const stats = await Promise.all(BAKED_DATABASES.map((file) => host.stat(join(CONTAINERD.baked, file))))
    return stats.every((stat) => stat !== undefined) && (await host.read(BAKED_MANIFEST)) === verified?.bytes.toString()
  },
  async apply(host, { verified, bundleStore }, { signal, progress }) {
    // Before anything that it stands for is removed: without it, an image has no images.
    await host.discard(BAKED_MANIFEST, 'it is written again after the import')
    // Those of another bundle, or of an interrupted import.
    for (const name of (await host.list(CONTAINERD.baked)) ?? [])
      if (join(CONTAINERD.baked, name) !== COPIES) await removeTree(host, join(CONTAINERD.baked, name))
    const all = bundleStore.manifest.files.filter(({ role }) => role === 'image')
    await withContainerd(host, signal, (running) => keepImages(host, bundleStore, all, { signal: running, progress }))
    await host.write(SIGNATURE, verified?.signature ?? '', 0o600)
    await host.write(BAKED_MANIFEST, verified?.bytes ?? '', 0o600)
  },
}

const tidy: Step<BakeBundleParams> = {
  id: `${BUNDLE_STEPS}tidy`,
  title: 'Removing copies of the bundle',
  isDone: async (host) => (await host.stat(COPIES)) === undefined,
  async apply(host) {
    await removeTree(host, COPIES)
  },
}

/** Makes the executables and images of a bundle part of the image of this machine. Nothing is started, and no network is needed. */
export const bakeBundle: Workflow<BakeBundleParams> = {
  id: 'bake-bundle',
  components: [{ id: 'bundle', after: [], steps: () => [verify, ...executables, images, tidy] }],
}

export function bakeBundleParams(given: GivenBundle): BakeBundleParams {
  // Set by the first step.
  return { given, bundleStore: localBundleStore({ files: [] } as never, COPIES) }
}
