import { ETCD_CONFIGURATION, ETCD_DATA, KUBELET_STATE, KUBERNETES } from '../base/kubernetes-paths.ts'

/** Files that provisioning or kubeadm writes on a node. */
export const KUBERNETES_PKI = `${KUBERNETES}/pki`
export const STATIC_PODS = `${KUBERNETES}/manifests`
export const KUBEADM_CONFIG = `${KUBERNETES}/kubeadm.yaml`
export const KUBEADM_PATCHES = `${KUBERNETES}/patches`
export const ADMIN_CONF = `${KUBERNETES}/admin.conf`
export const SUPER_ADMIN_CONF = `${KUBERNETES}/super-admin.conf`
export const KUBELET_CONF = `${KUBERNETES}/kubelet.conf`
/** A link to the newest client certificate of the kubelet. */
/** The serving certificate of the kubelet with its key, if the cluster issues it. */
export const KUBELET_SERVING = `${KUBELET_STATE}/pki/kubelet-server-current.pem`
export const KUBELET_IDENTITY = `${KUBELET_STATE}/pki/kubelet-client-current.pem`

/** etcd's CA and keys: only root can read the directory, and no pod mounts it. */
export const ETCD_PKI = `${ETCD_CONFIGURATION}/pki`
/** The data of etcd. Its parent can be a mount point that is not empty. */
export const MEMBER_DATA = `${ETCD_DATA}/member-data`
/** The client certificate of the API server for etcd. */
export const ETCD_CLIENT = {
  ca: `${KUBERNETES_PKI}/etcd/ca.crt`,
  certificate: `${KUBERNETES_PKI}/apiserver-etcd-client.crt`,
  key: `${KUBERNETES_PKI}/apiserver-etcd-client.key`,
} as const

/** The operator's certificate, which only root can read. It is kept for a second run. */
export const OPERATOR_PKI = `${KUBERNETES}/cantrip-operator`
