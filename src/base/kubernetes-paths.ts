import { LAYOUTS } from './layout.ts'

/**
 * Paths and units of Kubernetes, etcd, containerd and the pod networks on a node, for provisioning, undo, checks, snapshot
 * and restore. kubeadm's defaults are kept, so that its commands find the files. Where programs are depends on the layout.
 */
export const UNITS = '/etc/systemd/system'

export const KUBERNETES = '/etc/kubernetes'
export const KUBELET_STATE = '/var/lib/kubelet'
export const KUBELET_UNIT = 'kubelet.service'

export const ETCD_CONFIGURATION = '/etc/etcd'
export const ETCD_DATA = '/var/lib/etcd'
export const ETCD_UNIT = 'etcd.service'

export const CNI_PLUGINS = '/opt/cni/bin'
export const CNI_CONFIGURATION = '/etc/cni/net.d'
/** Shared by all container engines with CNI plugins: libcni caches results here, and `host-local` keeps addresses. */
export const CNI_STATE = '/var/lib/cni'
/** Named network namespaces, also those of other container engines, VPNs and administrators. */
export const NETWORK_NAMESPACES = '/run/netns'

export const POD_LOGS = '/var/log/pods'
export const CONTAINER_LOGS = '/var/log/containers'

export const FLANNEL_STATE = '/run/flannel'
export const CALICO_STATE = '/var/lib/calico'
export const CALICO_DIRECTORIES: readonly string[] = ['/run/calico', CALICO_STATE, '/var/log/calico']
export const CILIUM_STATE = '/run/cilium'

/** Only Kubernetes and its networks write here, and pods with a hostPath. */
export const KUBERNETES_DIRECTORIES: readonly string[] = [
  ...[KUBERNETES, '/etc/calico', '/etc/cilium', '/etc/flannel'],
  ...[KUBELET_STATE, '/var/lib/cilium', ...CALICO_DIRECTORIES],
  ...[FLANNEL_STATE, CILIUM_STATE, POD_LOGS, CONTAINER_LOGS, ...LAYOUTS.map(({ libexec }) => libexec)],
]

/**
 * Cantrip's own containerd shares no file with one of a package or of Docker, which can be installed before or later, and be
 * removed again. Its programs are in `containerdPrograms`.
 */
export const CONTAINERD = {
  unit: 'cantrip-containerd.service',
  configuration: '/etc/cantrip-containerd',
  root: '/var/lib/cantrip-containerd',
  /** Images that are part of the image of this machine (`agent bake --bundle`). Never used in place. */
  baked: '/var/lib/cantrip-baked',
  state: '/run/cantrip-containerd',
  socket: '/run/cantrip-containerd/containerd.sock',
} as const
