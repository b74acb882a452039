import type { ProvisionComponent } from '../../provision/provision.ts'
import { issueCertificates } from './certificates.ts'

/** etcd reads its certificates again at each handshake, so that it is not restarted. */
export const etcdRenewal: ProvisionComponent = {
  id: 'etcd',
  after: [],
  steps: () => [issueCertificates],
}
