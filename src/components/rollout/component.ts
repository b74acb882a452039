import type { ProvisionComponent } from '../../provision/provision.ts'
import { awaitRollout } from './steps.ts'

/** The pods of the cluster's add-ons after their objects have changed. */
export const rollout: ProvisionComponent = {
  id: 'rollout',
  after: ['kube-proxy', 'coredns', 'operator'],
  steps: () => [awaitRollout],
}
