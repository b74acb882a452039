import { CONTAINERD } from '../../base/kubernetes-paths.ts'

/** The command for images of the namespace in which containerd keeps those of Kubernetes. */
export const CTR_IMAGES = [
  `${CONTAINERD.binaries}/ctr`,
  ...['--address', CONTAINERD.socket, '--namespace', 'k8s.io', 'images'],
] as const

/**
 * When a disk fills, the kubelet removes images that no container uses, except those with this label of containerd's CRI
 * plugin. There may be no registry to pull them from again.
 */
export const PIN = 'io.cri-containerd.pinned=pinned'

/** Lists the names of the pinned images, one a line. Their content is not read. */
export const LIST_PINNED = [...CTR_IMAGES, 'list', '--quiet', 'labels."io.cri-containerd.pinned"==pinned'] as const
