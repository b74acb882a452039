import type { ProvisionComponent } from '../../provision/provision.ts'
import { labelNode, markControlPlane, removeTaint, serveLoadBalancers } from './steps.ts'

/** The node's own object: who it is, and what may run on it. */
export const node: ProvisionComponent = {
  id: 'node',
  after: ['controllers'],
  steps: ({ cluster }) =>
    cluster.dedicatedMasters
      ? [markControlPlane, labelNode]
      : [markControlPlane, removeTaint, serveLoadBalancers, labelNode],
}
