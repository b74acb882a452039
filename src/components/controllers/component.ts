import type { ProvisionComponent } from '../../provision/provision.ts'
import { writeManifests } from './steps.ts'

/**
 * Started after the API server is ready: otherwise they request their lease before the RBAC roles exist, are denied, and
 * retry 4 s later. Also, a kubelet that restarts while it creates a container leaves a failed container.
 */
export const controllers: ProvisionComponent = {
  id: 'controllers',
  after: ['api-server', 'controller-images'],
  steps: () => [writeManifests],
}
