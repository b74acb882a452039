import type { ProvisionComponent } from '../../provision/provision.ts'
import { applyOperator } from './steps.ts'

/** Its pod needs an address, so it waits for the pod network, as CoreDNS does. */
export const operator: ProvisionComponent = {
  id: 'operator',
  after: ['add-on-images', 'kube-proxy', 'cni', 'operator-certificate'],
  steps: () => [applyOperator],
}
