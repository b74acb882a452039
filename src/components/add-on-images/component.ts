import { otherImages } from '../../provision/image-groups.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { importStep } from '../../provision/steps/import-step.ts'

/** Every other image of the bundle, once the API server is up and no longer wants for the processor. */
export const addOnImages: ProvisionComponent = {
  id: 'add-on-images',
  after: ['network-images', 'api-server', 'join'],
  steps: () => [importStep('add-on-images/import', 'Importing images of the add-ons', otherImages)],
}
