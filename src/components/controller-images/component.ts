import { controllerImages as ofControllers } from '../../provision/image-groups.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { importStep } from '../../provision/steps/import-step.ts'

/** Imported while the API server starts. */
export const controllerImages: ProvisionComponent = {
  id: 'controller-images',
  after: ['api-server-images'],
  steps: () => [importStep('controller-images/import', 'Importing images of controllers and scheduler', ofControllers)],
}
