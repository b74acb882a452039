/** Where things lie on a node. kubeadm's own places are kept, so that its later commands find them. */
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
/** A link to the newest of kubelet's certificates of the cluster. */
export const KUBELET_IDENTITY = '/var/lib/kubelet/pki/kubelet-client-current.pem'

/**
 * A containerd of our own, which shares no file with one of a package or of Docker: either may be on the machine, come
 * later, and go again. Its runc and its shim are where no other containerd looks for one.
 */
export const CONTAINERD = {
  unit: 'cantrip-containerd.service',
  binaries: '/usr/local/lib/cantrip/bin',
  configuration: '/etc/cantrip-containerd',
  root: '/var/lib/cantrip-containerd',
  state: '/run/cantrip-containerd',
  socket: '/run/cantrip-containerd/containerd.sock',
} as const

/** etcd's own authority and keys: root alone, and no pod mounts this directory. */
export const ETCD_PKI = '/etc/etcd/pki'
/** What the API server needs to be a client of etcd. */
export const ETCD_CLIENT = {
  ca: '/etc/kubernetes/pki/etcd/ca.crt',
  certificate: '/etc/kubernetes/pki/apiserver-etcd-client.crt',
  key: '/etc/kubernetes/pki/apiserver-etcd-client.key',
} as const

/** Kept on the node until it is in the cluster, and for a second run: root alone. */
export const OPERATOR_PKI = '/etc/kubernetes/cantrip-operator'
