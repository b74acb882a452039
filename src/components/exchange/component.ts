import type { ProvisionComponent, ProvisionStep } from '../../provision/provision.ts'
import { awaitVersion } from './await-version.ts'
import { exchangeControlPlane } from './control-plane.ts'
import { exchangeKubelet } from './kubelet.ts'

/** The kubelet and the static pods of a master that runs become what the parameters say, and so does `etcd` with them. */
export const exchangeMaster = (etcd: ProvisionStep): ProvisionComponent => ({
  ...exchangeWorker,
  steps: () => [exchangeControlPlane(etcd), awaitVersion],
})

/** The kubelet of a worker that runs becomes what the parameters say. */
export const exchangeWorker: ProvisionComponent = {
  id: 'exchange',
  after: ['kubeadm', 'kubelet'],
  steps: () => [exchangeKubelet, awaitVersion],
}
