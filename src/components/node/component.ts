import type { ProvisionComponent } from '../../provision/provision.ts'
import { labelNode, markControlPlane, removeTaint, serveLoadBalancers } from './steps.ts'

/** The labels and taints of the node. */
export const node: ProvisionComponent = {
  id: 'node',
  after: ['controllers'],
  steps: ({ cluster }) =>
    cluster.dedicatedMasters
      ? [markControlPlane, labelNode]
      : [markControlPlane, removeTaint, serveLoadBalancers, labelNode],
}
