import type { ProvisionComponent } from '../../kubernetes/provision.ts'
import { awaitApi, startKubelet, writeApiServer, writeControllers } from './steps.ts'

export const controlPlane: ProvisionComponent = {
  id: 'control-plane',
  after: ['images', 'preflight', 'cni-plugins'],
  steps: () => [writeApiServer, startKubelet, awaitApi, writeControllers],
}
