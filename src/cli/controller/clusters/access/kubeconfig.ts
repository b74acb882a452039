import type { IssuedKubeconfig } from '../../../../protocol/api/identities/kubeconfigs.ts'
import type { Server } from './server.ts'

const base64 = (pem: string) => Buffer.from(pem).toString('base64')

/** The content of a kubeconfig, before it is written as YAML or JSON. */
export function kubeconfigOf(
  cluster: string,
  { access, certificate, ca }: Pick<IssuedKubeconfig, 'access' | 'certificate' | 'ca'>,
  key: string,
  { url, tlsServerName }: Server,
) {
  const name = `${access.person}@${cluster}`
  const reached = {
    server: url,
    ...(tlsServerName !== undefined && { 'tls-server-name': tlsServerName }),
    'certificate-authority-data': base64(ca),
  }
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: reached }],
    users: [{ name, user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
    contexts: [{ name, context: { cluster, user: name } }],
    'current-context': name,
  }
}
