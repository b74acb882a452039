import type { ProvisionComponent } from '../../provision/provision.ts'
import { bindRights, uploadConfiguration } from './steps.ts'

/** What kubeadm's later commands, and nodes that join, read from the cluster. */
export const clusterConfig: ProvisionComponent = {
  id: 'cluster-config',
  after: ['controllers'],
  steps: () => [uploadConfiguration, bindRights],
}
