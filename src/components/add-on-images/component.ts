import { otherImages } from '../../kubernetes/image-groups.ts'
import { importStep } from '../../kubernetes/import-step.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'

/** Every other image of the bundle, once the API server is up and no longer wants for the processor. */
export const addOnImages: ProvisionComponent = {
  id: 'add-on-images',
  after: ['network-images', 'api-server', 'join'],
  steps: () => [importStep('add-on-images/import', 'Importing images of the add-ons', otherImages)],
}
