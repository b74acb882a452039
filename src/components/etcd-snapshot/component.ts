import type { ProvisionComponent } from '../../provision/provision.ts'
import { save } from './steps.ts'

/** The data of the cluster as it was before an upgrade. */
export const etcdSnapshot: ProvisionComponent = {
  id: 'etcd-snapshot',
  after: [],
  steps: () => [save],
}
