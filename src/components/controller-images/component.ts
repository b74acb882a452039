import { controllerImages as ofControllers } from '../../provision/images/image-groups.ts'
import { importStep } from '../../provision/images/import-step.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'

/** Imported while the API server starts. */
export const controllerImages: ProvisionComponent = {
  id: 'controller-images',
  after: ['api-server-images'],
  steps: () => [importStep('controller-images/import', 'Importing images of controllers and scheduler', ofControllers)],
}
