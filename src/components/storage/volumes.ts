import { volumeUuid } from '../../base/text/volume-uuid.ts'
import type { ProvisionParams } from '../../provision/params.ts'

/** Where the file system of the first disk is mounted; those of others beside it, with their ids. The add-on local-path uses it. */
const VOLUMES = '/var/lib/cantrip-volumes'

/** A whole disk for the volumes of pods. */
export interface Volume {
  /** As it was chosen. A later boot can give the disk another name: what counts is the UUID of its file system. */
  device: string
  /** The same for the same cluster, name of the node and device, so that a node that is set up again finds its volumes. */
  uuid: string
  /** Of the file system; at most the 16 characters that ext4 allows. */
  label: string
  /** Where it is mounted. */
  path: string
  /** The systemd unit that mounts it. */
  unit: string
  /** Exists while the file system is being made: what a device has then is not data. */
  begun: string
}

export function volumesOf({ cluster, node }: Pick<ProvisionParams, 'cluster' | 'node'>): Volume[] {
  return (node.disks ?? []).map((device, index) => {
    const uuid = volumeUuid(cluster.id, node.name, device)
    const id = uuid.slice(0, 8)
    const suffix = index === 0 ? '' : `-${id}`
    return {
      device,
      uuid,
      label: `cantrip-${id}`,
      path: `${VOLUMES}${suffix}`,
      unit: `var-lib-cantrip\\x2dvolumes${suffix.replace('-', '\\x2d')}.mount`,
      begun: `${VOLUMES}-${id}.begun`,
    }
  })
}
