import { dirname, join } from 'node:path/posix'
import { AgentError } from '../../../base/agent-error.ts'
import { CONTAINERD } from '../../../base/kubernetes-paths.ts'
import { SIGNATURE_NAME } from '../../../bundle/format.ts'
import { localBundleStore } from '../../../bundle/store.ts'
import type { Step } from '../../../engine/step.ts'
import type { Host, HostView } from '../../../host/host.ts'
import { BAKED_DATABASES, BAKED_MANIFEST } from '../../../provision/images/baked-store.ts'
import { keepImages } from '../../../provision/images/import-step.ts'
import type { BundleStore } from '../../../provision/params.ts'
import { imageSteps } from '../../../roles/image.ts'
import { withContainerd } from './temporary-containerd.ts'

/** A bundle, and its manifest as it was signed. */
export interface OpenedBundle {
  bundleStore: BundleStore
  bytes: string
  signature: string
}

export interface BundleParams {
  /** Verifies the bundle, whose files are then in `COPIES`, or come there when they are needed. */
  open(host: Host, signal: AbortSignal): Promise<OpenedBundle>
  /** Since it was opened in this run. */
  opened?: OpenedBundle
  bundleStore: BundleStore
}

/** The bundle's files, until they are installed and imported. */
export const COPIES = `${CONTAINERD.baked}/bundle`
const SIGNATURE = join(CONTAINERD.baked, SIGNATURE_NAME)
const NOTHING = { kind: 'nothing', because: 'it is needed only until the files of a bundle are installed' } as const

export const removeTree = (host: Host, path: string) => host.run(['rm', '--recursive', '--force', path], NOTHING)

export function bundleParams(open: BundleParams['open']): BundleParams {
  // Set by the first step.
  return { open, bundleStore: localBundleStore({ files: [] } as never, COPIES) }
}

/** Makes a machine have the executables and images of a bundle, before it is a node. Nothing is started for longer than the import. */
export function bundleSteps(prefix: string): Step<BundleParams>[] {
  const executables = imageSteps.map(
    (step): Step<BundleParams> => ({ ...step, id: `${prefix}${step.id}` }) as Step<BundleParams>,
  )
  return [
    { ...verify, id: `${prefix}verify` },
    ...executables,
    { ...images, id: `${prefix}images` },
    { ...tidy, id: `${prefix}tidy` },
  ]
}

type Unnamed = Omit<Step<BundleParams>, 'id'>

const verify: Unnamed = {
  title: 'Verifying the bundle',
  isDone: async (_, { opened }) => opened !== undefined,
  async apply(host, params, { signal }) {
    await refuseOverlay(host)
    await host.expect({ kind: 'remove-tree', path: CONTAINERD.baked, all: true })
    await host.makeDirectory(CONTAINERD.baked, 0o700)
    params.opened = await params.open(host, signal)
    params.bundleStore = params.opened.bundleStore
  },
}

/** Before the minutes that the bundle takes. */
async function refuseOverlay(host: HostView): Promise<void> {
  const isThere = (await host.stat(CONTAINERD.baked)) !== undefined
  const path = isThere ? CONTAINERD.baked : dirname(CONTAINERD.baked)
  const { stdout } = await host.ask(['stat', '--file-system', '--format=%T', path])
  if (stdout.trim() !== 'overlayfs') return
  throw new AgentError(
    'bake/overlayfs',
    `found overlayfs at ${path}; wanted ext4 or XFS, because containerd cannot unpack images on overlayfs`,
    {
      fix: 'mount a disk or a volume with ext4 or XFS, and use a directory there: with --root, or with --to of controller image build',
      kind: 'invalid',
    },
  )
}

const images: Unnamed = {
  title: 'Importing images',
  async isDone(host, { opened }) {
    const stats = await Promise.all(BAKED_DATABASES.map((file) => host.stat(join(CONTAINERD.baked, file))))
    return stats.every((stat) => stat !== undefined) && (await host.read(BAKED_MANIFEST)) === opened?.bytes
  },
  async apply(host, { opened, bundleStore }, { signal, progress }) {
    // Before anything that it stands for is removed: without it, nothing is taken over.
    await host.discard(BAKED_MANIFEST, 'it is written again after the import')
    // Those of another bundle, or of an interrupted import.
    for (const name of (await host.list(CONTAINERD.baked)) ?? [])
      if (join(CONTAINERD.baked, name) !== COPIES) await removeTree(host, join(CONTAINERD.baked, name))
    const all = bundleStore.manifest.files.filter(({ role }) => role === 'image')
    await withContainerd(host, signal, (running) => keepImages(host, bundleStore, all, { signal: running, progress }))
    await host.write(SIGNATURE, opened?.signature ?? '', 0o600)
    await host.write(BAKED_MANIFEST, opened?.bytes ?? '', 0o600)
  },
}

const tidy: Unnamed = {
  title: 'Removing copies of the bundle',
  isDone: async (host) => (await host.stat(COPIES)) === undefined,
  apply: async (host) => void (await removeTree(host, COPIES)),
}
