import { KUBELET_STATE, KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { NodeCertificate } from '../../protocol/certificates/node-certificate.ts'
import {
  ADMIN_CONF,
  ETCD_CLIENT,
  ETCD_PKI,
  KUBELET_CONF,
  KUBELET_IDENTITY,
  KUBELET_SERVING,
  KUBERNETES_PKI,
  SUPER_ADMIN_CONF,
} from '../paths.ts'

/** A file with a certificate in PEM, or a kubeconfig with the one of a client. */
export interface CertificatePlace extends Pick<NodeCertificate, 'name' | 'owner' | 'renewedBy'> {
  path: string
}

const kubernetes = (name: string, renewedBy: NodeCertificate['renewedBy'], path = `${KUBERNETES_PKI}/${name}.crt`) =>
  ({ name, owner: 'kubernetes', renewedBy, path }) as const
const etcd = (name: string, renewedBy: NodeCertificate['renewedBy'], path: string) =>
  ({ name, owner: 'etcd', renewedBy, path }) as const
const kubelet = (name: string, renewedBy: NodeCertificate['renewedBy'], path: string) =>
  ({ name, owner: 'kubelet', renewedBy, path }) as const

/**
 * Where the certificates of a node are. Of places with the same name, the first that exists counts. Not the operator's, which it
 * renews itself and keeps in a secret of the cluster: on the disk is only its first one.
 */
export const CERTIFICATE_PLACES: readonly CertificatePlace[] = [
  kubernetes('ca', 'nobody'),
  kubernetes('apiserver', 'agent'),
  kubernetes('apiserver-kubelet-client', 'agent'),
  kubernetes('front-proxy-ca', 'nobody'),
  kubernetes('front-proxy-client', 'agent'),
  kubernetes('admin.conf', 'agent', ADMIN_CONF),
  kubernetes('super-admin.conf', 'agent', SUPER_ADMIN_CONF),
  kubernetes('controller-manager.conf', 'agent', `${KUBERNETES}/controller-manager.conf`),
  kubernetes('scheduler.conf', 'agent', `${KUBERNETES}/scheduler.conf`),
  etcd('etcd-ca', 'nobody', `${ETCD_PKI}/ca.crt`),
  etcd('etcd-server', 'agent', `${ETCD_PKI}/server.crt`),
  etcd('etcd-peer', 'agent', `${ETCD_PKI}/peer.crt`),
  etcd('apiserver-etcd-client', 'agent', ETCD_CLIENT.certificate),
  kubelet('kubelet-client', 'kubelet', KUBELET_IDENTITY),
  // Until the kubelet renews it for the first time, kubeadm's kubeconfig contains it.
  kubelet('kubelet-client', 'kubelet', KUBELET_CONF),
  // With serverTLSBootstrap the cluster issues it; otherwise the kubelet signs one for itself, once.
  kubelet('kubelet-serving', 'kubelet', KUBELET_SERVING),
  kubelet('kubelet-serving', 'nobody', `${KUBELET_STATE}/pki/kubelet.crt`),
]

/** The certificate with which an agent connects to the controller. */
export const agentCertificate = (path: string): CertificatePlace => ({
  ...{ name: 'agent', owner: 'agent', renewedBy: 'agent', path },
})
