import type { ProvisionComponent } from '../../provision/provision.ts'
import { labelNode } from './label.ts'
import { markControlPlane, removeTaint, serveLoadBalancers } from './steps.ts'

/** The labels and taints of the node. */
export const node: ProvisionComponent = {
  id: 'node',
  after: ['controllers'],
  steps: ({ cluster }) =>
    cluster.dedicatedMasters
      ? [markControlPlane, labelNode]
      : [markControlPlane, removeTaint, serveLoadBalancers, labelNode],
}

/** A worker has joined with its labels; later ones are set by itself. */
export const labeledNode: ProvisionComponent = { id: 'node', after: ['join'], steps: () => [labelNode] }
