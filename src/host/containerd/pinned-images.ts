import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { containerdPrograms, type Layout } from '../../base/layout.ts'

/** The command for what containerd has of Kubernetes. */
export const ctr = (layout: Layout) =>
  [`${containerdPrograms(layout)}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io'] as const

export const ctrImages = (layout: Layout) => [...ctr(layout), 'images'] as const
export const ctrContainers = (layout: Layout) => [...ctr(layout), 'containers'] as const

/**
 * When a disk fills, the kubelet removes images that no container uses, except those with this label of containerd's CRI
 * plugin. There may be no registry to pull them from again.
 */
export const PIN = 'io.cri-containerd.pinned=pinned'

const PINNED = 'labels."io.cri-containerd.pinned"==pinned'

/** Lists the names of the pinned images, one a line. Their content is not read. */
export const listPinned = (layout: Layout) => [...ctrImages(layout), 'list', '--quiet', PINNED] as const
/** Of images that people added to the cluster, under each of their names. */
const ADDED_LABEL = 'cantrip.local/added'
export const ADDED = `${ADDED_LABEL}=yes`

/** The pinned images without those that people added, as a table, with the digest in the third column. */
export const listPinnedWithDigests = (layout: Layout) =>
  [...ctrImages(layout), 'list', `${PINNED},labels."${ADDED_LABEL}"!=yes`] as const
const IS_ADDED = `labels."${ADDED_LABEL}"==yes`
/** As a table, with the digest in the third column. */
export const listAdded = (layout: Layout) => [...ctrImages(layout), 'list', IS_ADDED] as const
/** Those that are pinned or were added, as a table, with the labels, separated by commas, in the last column. */
export const listLabelled = (layout: Layout) => [...ctrImages(layout), 'list', PINNED, IS_ADDED] as const
