import type { ProvisionComponent } from '../../kubernetes/provision.ts'
import { applyKubeProxy, awaitServices } from './steps.ts'

export const kubeProxy: ProvisionComponent = {
  id: 'kube-proxy',
  after: ['controllers', 'network-images'],
  steps: () => [applyKubeProxy, awaitServices],
}
