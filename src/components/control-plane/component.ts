import type { ProvisionComponent } from '../../kubernetes/provision.ts'
import { finalizeKubelet } from './finalize-kubelet.ts'
import { awaitApi, awaitConnection, startKubelet, writeApiServer, writeControllers } from './steps.ts'

export const controlPlane: ProvisionComponent = {
  id: 'control-plane',
  after: ['images', 'preflight', 'cni-plugins'],
  steps: () => [writeApiServer, startKubelet, awaitConnection, finalizeKubelet, awaitApi, writeControllers],
}
