import type { ProvisionComponent } from '../../kubernetes/provision.ts'
import { applyNetwork, awaitNetwork } from './steps.ts'

export const cni: ProvisionComponent = {
  id: 'cni',
  after: ['control-plane', 'cni-plugins', 'network-images'],
  steps: ({ cluster }) => (cluster.cni === 'none' ? [] : [applyNetwork, awaitNetwork]),
}
