import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import type { Host } from '../../host/host.ts'

/** Records the undo of what containerd writes. Undo runs newest first: its mounts are removed, then its directories. */
export async function expectState(host: Host): Promise<void> {
  await host.makeDirectory(CONTAINERD.root, 0o711)
  for (const path of [CONTAINERD.root, CONTAINERD.state]) await host.expect({ kind: 'remove-tree', path, all: true })
  await host.expect({ kind: 'unmount-below', path: `${CONTAINERD.root}/tmpmounts` })
  await host.expect({ kind: 'unmount-below', path: CONTAINERD.state })
}
