import { apiServerImages as ofApiServer } from '../../provision/images/image-groups.ts'
import { importStep } from '../../provision/images/import-step.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'

/** Imported before all other images: the API server takes longest to start, and everything else waits for it. */
export const apiServerImages: ProvisionComponent = {
  id: 'api-server-images',
  after: ['containerd'],
  steps: () => [importStep('api-server-images/import', 'Importing images of the API server', ofApiServer)],
}
