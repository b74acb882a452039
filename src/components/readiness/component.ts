import type { ProvisionComponent } from '../../provision/provision.ts'
import { awaitEndpoint, awaitPods } from './steps.ts'

export const readiness: ProvisionComponent = {
  id: 'readiness',
  after: ['api-server', 'cluster-config', 'node', 'coredns', 'operator', 'join', 'add-on-images'],
  steps: () => [awaitPods, awaitEndpoint],
}
