import type { ProvisionComponent } from '../../provision/provision.ts'
import { hasCertificate, issueCertificate } from './steps.ts'

/** Only on the master that has the operator's certificate. */
export const operatorCertificateRenewal: ProvisionComponent = {
  id: 'operator-certificate',
  after: ['api-server'],
  steps: () => [
    {
      ...issueCertificate,
      isDone: async (host, params) => !(await hasCertificate(host)) || issueCertificate.isDone(host, params),
    },
  ],
}
