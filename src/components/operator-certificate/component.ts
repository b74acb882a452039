import type { ProvisionComponent } from '../../provision/provision.ts'
import { issueCertificate } from './steps.ts'

/** The operator is known to the controller by a certificate of its own, whose key is made here. */
export const operatorCertificate: ProvisionComponent = {
  id: 'operator-certificate',
  after: [],
  steps: () => [issueCertificate],
}
