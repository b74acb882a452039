import type { ProvisionComponent } from '../../provision/provision.ts'
import { issueCertificate } from './steps.ts'

/** The operator's own client certificate for the controller, whose key is created on this node. */
export const operatorCertificate: ProvisionComponent = {
  id: 'operator-certificate',
  after: [],
  steps: () => [issueCertificate],
}
