import { otherImages } from '../../kubernetes/image-groups.ts'
import { importStep } from '../../kubernetes/import-step.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'

/** Every other image of the bundle, while the control plane starts. */
export const addOnImages: ProvisionComponent = {
  id: 'add-on-images',
  after: ['network-images'],
  steps: () => [importStep('add-on-images/import', 'Importing images of the add-ons', otherImages)],
}
