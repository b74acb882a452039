import type { ProvisionComponent } from '../../provision/provision.ts'
import { useEndpoint } from './steps.ts'

/** Of a worker that has joined, if the API endpoint has changed since. The kubelet of a master uses its own API server. */
export const kubeletEndpoint: ProvisionComponent = {
  id: 'kubelet-endpoint',
  after: ['join', 'node-dns'],
  steps: () => [useEndpoint],
}
