import type { ProvisionComponent } from '../../provision/provision.ts'
import { makeFileSystems } from './make-file-systems.ts'
import { mountVolumes } from './mount-volumes.ts'

/** File systems for the volumes of pods, on the disks that were chosen for the node. */
export const storage: ProvisionComponent = {
  id: 'storage',
  after: [],
  steps: ({ node }) => ((node.disks ?? []).length > 0 ? [makeFileSystems, mountVolumes] : []),
}
