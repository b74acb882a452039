import { ETCD_PKI, KUBERNETES_PKI } from './paths.ts'

interface SharedFile {
  path: string
  mode: number
}

const open = (path: string): SharedFile => ({ path, mode: 0o644 })
const secret = (path: string): SharedFile => ({ path, mode: 0o600 })

/** The files that all masters of a cluster share, by their name in an invitation. */
export const SHARED_FILES: Readonly<Record<string, SharedFile>> = {
  'ca.key': secret(`${KUBERNETES_PKI}/ca.key`),
  'ca.crt': open(`${KUBERNETES_PKI}/ca.crt`),
  'sa.key': secret(`${KUBERNETES_PKI}/sa.key`),
  'sa.pub': open(`${KUBERNETES_PKI}/sa.pub`),
  'front-proxy-ca.key': secret(`${KUBERNETES_PKI}/front-proxy-ca.key`),
  'front-proxy-ca.crt': open(`${KUBERNETES_PKI}/front-proxy-ca.crt`),
  'etcd-ca.key': secret(`${ETCD_PKI}/ca.key`),
  'etcd-ca.crt': open(`${ETCD_PKI}/ca.crt`),
}
