import type { ProvisionComponent } from '../../provision/provision.ts'
import { issueCertificates } from './certificates.ts'
import { writeKubeconfigs } from './kubeconfigs.ts'

/** With the configuration that the last provisioning wrote. */
export const kubeadmRenewal: ProvisionComponent = {
  id: 'kubeadm',
  after: ['etcd'],
  steps: () => [issueCertificates, writeKubeconfigs],
}
