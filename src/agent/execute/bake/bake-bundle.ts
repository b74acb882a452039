import type { KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path/posix'
import { proveClosure } from '../../../bundle/closure/closure.ts'
import { badBundle } from '../../../bundle/error.ts'
import { localBundleStore } from '../../../bundle/store.ts'
import { type VerifiedBundle, verifyBundle } from '../../../bundle/verify/verify.ts'
import type { Workflow } from '../../../engine/step.ts'
import type { Host, HostView } from '../../../host/host.ts'
import { BUNDLE_STEPS } from '../../../ledger/baked.ts'
import { type BundleParams, bundleParams, bundleSteps, COPIES, type OpenedBundle, removeTree } from './bundle-steps.ts'

/** A bundle that becomes part of the image. */
export interface GivenBundle {
  /** A directory or a .tar file. */
  source: string
  /** Of its builder. */
  key: KeyObject
  /** Another version is refused. */
  kubernetesVersion?: string
}

/** Makes the executables and images of a bundle part of the image of this machine. Nothing is started, and no network is needed. */
export const bakeBundle: Workflow<BundleParams> = {
  id: 'bake-bundle',
  components: [{ id: 'bundle', after: [], steps: () => bundleSteps(BUNDLE_STEPS) }],
}

export const bakeBundleParams = (given: GivenBundle): BundleParams => bundleParams((host) => copied(host, given))

async function copied(host: Host, given: GivenBundle): Promise<OpenedBundle> {
  await removeTree(host, COPIES)
  await host.makeDirectory(COPIES, 0o700)
  const { manifest, bytes, signature } = await copyOf(host, given).catch(async (error: unknown) => {
    await removeTree(host, COPIES)
    throw error
  })
  return { bundleStore: localBundleStore(manifest, COPIES), bytes: bytes.toString(), signature }
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
