import { networkImages as ofNetwork } from '../../provision/images/image-groups.ts'
import { importStep } from '../../provision/images/import-step.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'

/** Images that pods need to get an address; imported while the control plane starts. */
export const networkImages: ProvisionComponent = {
  id: 'network-images',
  after: ['controller-images', 'sandbox-image'],
  steps: () => [importStep('network-images/import', 'Importing images of the pod network', ofNetwork)],
}
