import { apiServerImages as ofApiServer } from '../../kubernetes/image-groups.ts'
import { importStep } from '../../kubernetes/import-step.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'

/** First of all images: the API server takes longest to come up, and everything else waits for it. */
export const apiServerImages: ProvisionComponent = {
  id: 'api-server-images',
  after: ['containerd'],
  steps: () => [importStep('api-server-images/import', 'Importing images of the API server', ofApiServer)],
}
