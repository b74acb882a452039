import { CONTAINERD } from '../../base/kubernetes-paths.ts'

const CTR = [`${CONTAINERD.binaries}/ctr`, '--address', CONTAINERD.socket, '--namespace', 'k8s.io'] as const

/** The command for images of the namespace in which containerd keeps those of Kubernetes. */
export const CTR_IMAGES = [...CTR, 'images'] as const
export const CTR_CONTAINERS = [...CTR, 'containers'] as const

/**
 * When a disk fills, the kubelet removes images that no container uses, except those with this label of containerd's CRI
 * plugin. There may be no registry to pull them from again.
 */
export const PIN = 'io.cri-containerd.pinned=pinned'

const PINNED = 'labels."io.cri-containerd.pinned"==pinned'

/** Lists the names of the pinned images, one a line. Their content is not read. */
export const LIST_PINNED = [...CTR_IMAGES, 'list', '--quiet', PINNED] as const
/** Of images that people added to the cluster, under each of their names. */
const ADDED_LABEL = 'cantrip.local/added'
export const ADDED = `${ADDED_LABEL}=yes`

/** The pinned images without those that people added, as a table, with the digest in the third column. */
export const LIST_PINNED_WITH_DIGESTS = [...CTR_IMAGES, 'list', `${PINNED},labels."${ADDED_LABEL}"!=yes`] as const
const IS_ADDED = `labels."${ADDED_LABEL}"==yes`
/** As a table, with the digest in the third column. */
export const LIST_ADDED = [...CTR_IMAGES, 'list', IS_ADDED] as const
/** Those that are pinned or were added, as a table, with the labels, separated by commas, in the last column. */
export const LIST_LABELLED = [...CTR_IMAGES, 'list', PINNED, IS_ADDED] as const
