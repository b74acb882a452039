import { otherImages } from '../../provision/images/image-groups.ts'
import { importStep } from '../../provision/images/import-step.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'

/** All other images of the bundle, after the API server is up and no longer needs the CPU. */
export const addOnImages: ProvisionComponent = {
  id: 'add-on-images',
  after: ['network-images', 'api-server', 'join'],
  steps: () => [importStep('add-on-images/import', 'Importing images of the add-ons', otherImages)],
}
