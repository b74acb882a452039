import type { ProvisionComponent } from '../../provision/provision.ts'
import { awaitVersion } from './await-version.ts'
import { exchangeControlPlane } from './control-plane.ts'
import { exchangeKubelet } from './kubelet.ts'

/** The kubelet and the static pods of a node that runs become what the parameters say. */
export const exchange: ProvisionComponent = {
  id: 'exchange',
  after: ['kubeadm', 'kubelet'],
  steps: ({ task }) => (task === 'worker' ? [exchangeKubelet, awaitVersion] : [exchangeControlPlane, awaitVersion]),
}
