import { controllerImages as ofControllers } from '../../kubernetes/image-groups.ts'
import { importStep } from '../../kubernetes/import-step.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'

/** While the API server starts. */
export const controllerImages: ProvisionComponent = {
  id: 'controller-images',
  after: ['api-server-images'],
  steps: () => [importStep('controller-images/import', 'Importing images of controllers and scheduler', ofControllers)],
}
