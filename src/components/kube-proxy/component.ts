import type { ProvisionComponent } from '../../provision/provision.ts'
import { applyKubeProxy, awaitServices } from './steps.ts'

export const kubeProxy: ProvisionComponent = {
  id: 'kube-proxy',
  after: ['controllers', 'network-images'],
  steps: () => [applyKubeProxy, awaitServices],
}
