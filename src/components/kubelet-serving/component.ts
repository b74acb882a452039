import type { ProvisionComponent } from '../../provision/provision.ts'
import { awaitCertificate, requestCertificate } from './steps.ts'

/** The serving certificate of the kubelet, issued by the cluster. The operator approves its request. */
export const kubeletServing: ProvisionComponent = {
  id: 'kubelet-serving',
  after: ['api-server', 'join', 'operator'],
  steps: () => [requestCertificate, awaitCertificate()],
}
