import type { ProvisionComponent } from '../../provision/provision.ts'
import { applyCoreDns } from './steps.ts'

/**
 * After the pod network: a pod that comes before it fails to get its address, and kubelet tries again 10 s later.
 */
export const coredns: ProvisionComponent = {
  id: 'coredns',
  after: ['add-on-images', 'kube-proxy', 'cni'],
  steps: () => [applyCoreDns],
}
