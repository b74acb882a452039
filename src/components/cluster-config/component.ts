import type { ProvisionComponent } from '../../provision/provision.ts'
import { bindRights, uploadConfiguration } from './steps.ts'

/** The configuration that later kubeadm commands and joining nodes read from the cluster. */
export const clusterConfig: ProvisionComponent = {
  id: 'cluster-config',
  after: ['controllers'],
  steps: () => [uploadConfiguration, bindRights],
}
