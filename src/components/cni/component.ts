import type { ProvisionComponent } from '../../provision/provision.ts'
import { applyNetwork, awaitNetwork } from './steps.ts'

export const cni: ProvisionComponent = {
  id: 'cni',
  after: ['controllers', 'network-images'],
  steps: ({ cluster }) => (cluster.cni === 'none' ? [] : [applyNetwork, awaitNetwork]),
}
