import type { ProvisionComponent } from '../../provision/provision.ts'
import { writeManifests } from './steps.ts'

/**
 * Once the API server is ready: started together with it they ask for their lease before it knows their rights, are
 * refused, and come again 4 s later. And a kubelet that is restarted while it creates a container leaves a failed one.
 */
export const controllers: ProvisionComponent = {
  id: 'controllers',
  after: ['api-server', 'controller-images'],
  steps: () => [writeManifests],
}
