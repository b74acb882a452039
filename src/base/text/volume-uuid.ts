import { createHash } from 'node:crypto'

/**
 * The UUID of the file system for volumes on a disk: the same for the same cluster, name of the node and device, so that a node that is set
 * up again finds its volumes. Version 8 of RFC 9562: its content is our own.
 */
export function volumeUuid(clusterId: string, node: string, device: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([clusterId, node, device]))
    .digest('hex')
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`]
  return [...parts, hash.slice(20, 32)].join('-')
}

/** Why a disk with the volumes of a node is not empty. A node that is set up again has it, and no other. */
export const volumesReason = (uuid: string): string => `contains volumes of pods, ${uuid}`
