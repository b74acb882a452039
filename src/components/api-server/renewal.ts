import type { ProvisionComponent } from '../../provision/provision.ts'
import { finalizeKubelet } from './finalize-kubelet.ts'
import { awaitApi, awaitConnection, startKubelet } from './steps.ts'
import { useCertificates } from './use-certificates.ts'

/** Also brings back a kubelet whose certificate has expired. */
export const apiServerRenewal: ProvisionComponent = {
  id: 'api-server',
  after: ['etcd', 'kubeadm'],
  steps: () => [startKubelet, useCertificates, awaitConnection, finalizeKubelet, awaitApi],
}
