/** Paths on a node. kubeadm's defaults are kept, so that its commands find the files. */
export const BINARIES = '/usr/local/bin'
export const CNI_PLUGINS = '/opt/cni/bin'
export const CNI_CONFIGURATION = '/etc/cni/net.d'
export const UNITS = '/etc/systemd/system'
export const KUBERNETES = '/etc/kubernetes'
export const KUBERNETES_PKI = '/etc/kubernetes/pki'
export const STATIC_PODS = '/etc/kubernetes/manifests'
export const KUBEADM_CONFIG = '/etc/kubernetes/kubeadm.yaml'
export const KUBEADM_PATCHES = '/etc/kubernetes/patches'
export const ADMIN_CONF = '/etc/kubernetes/admin.conf'
export const SUPER_ADMIN_CONF = '/etc/kubernetes/super-admin.conf'
export const KUBELET_CONF = '/etc/kubernetes/kubelet.conf'
export const KUBELET_STATE = '/var/lib/kubelet'
/** A link to the newest client certificate of the kubelet. */
export const KUBELET_IDENTITY = '/var/lib/kubelet/pki/kubelet-client-current.pem'

/**
 * Cantrip's own containerd shares no file with one of a package or of Docker, which can be installed before or later, and be
 * removed again. Its runc and shim are in a directory that no other containerd searches.
 */
export const CONTAINERD = {
  unit: 'cantrip-containerd.service',
  binaries: '/usr/local/lib/cantrip/bin',
  configuration: '/etc/cantrip-containerd',
  root: '/var/lib/cantrip-containerd',
  state: '/run/cantrip-containerd',
  socket: '/run/cantrip-containerd/containerd.sock',
} as const

/** etcd's CA and keys: only root can read the directory, and no pod mounts it. */
export const ETCD_PKI = '/etc/etcd/pki'
/** The client certificate of the API server for etcd. */
export const ETCD_CLIENT = {
  ca: '/etc/kubernetes/pki/etcd/ca.crt',
  certificate: '/etc/kubernetes/pki/apiserver-etcd-client.crt',
  key: '/etc/kubernetes/pki/apiserver-etcd-client.key',
} as const

/** The operator's certificate, which only root can read. It is kept for a second run. */
export const OPERATOR_PKI = '/etc/kubernetes/cantrip-operator'
