import { CONTAINERD } from '../../base/kubernetes-paths.ts'

/**
 * The part of containerd's root directory that has images, as paths in it: contents and unpacked layers, which are never written to
 * once they are complete, and the databases that name them. The paths are fixed in containerd's sources.
 */
const SNAPSHOTTER = 'io.containerd.snapshotter.v1.overlayfs'

/** Of the bundle that has these images; written when all are there. */
export const BAKED_MANIFEST = `${CONTAINERD.baked}/manifest.json`

/** Names the images. */
export const IMAGE_DATABASE = 'io.containerd.metadata.v1.bolt/meta.db'
export const BAKED_DATABASES = [`${SNAPSHOTTER}/metadata.db`, IMAGE_DATABASE] as const
export const BAKED_TREES = ['io.containerd.content.v1.content/blobs', `${SNAPSHOTTER}/snapshots`] as const
