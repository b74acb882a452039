import { networkImages as ofNetwork } from '../../kubernetes/image-groups.ts'
import { importStep } from '../../kubernetes/import-step.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'

/** Images without which no pod gets an address, while the control plane starts. */
export const networkImages: ProvisionComponent = {
  id: 'network-images',
  after: ['controller-images', 'sandbox-image'],
  steps: () => [importStep('network-images/import', 'Importing images of the network', ofNetwork)],
}
