import { apiServerImages as ofApiServer } from '../../provision/image-groups.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { importStep } from '../../provision/steps/import-step.ts'

/** Imported before all other images: the API server takes longest to start, and everything else waits for it. */
export const apiServerImages: ProvisionComponent = {
  id: 'api-server-images',
  after: ['containerd'],
  steps: () => [importStep('api-server-images/import', 'Importing images of the API server', ofApiServer)],
}
