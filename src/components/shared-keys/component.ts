import { otherImages } from '../../provision/image-groups.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { importStep } from '../../provision/steps/import-step.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { acceptInvitation } from './steps.ts'

/** What comes after the invitation is fetched before it: from then on it is this node's turn, and other masters wait. */
const install = installStep('shared-keys/install-binaries', 'Installing what a master runs', 'binary', [
  ...['etcd', 'etcdctl', 'kubeadm', 'kubectl', 'kubelet'],
])

/** Nobody waits for these here, so that they need not wait for the processor either. */
const importOthers = importStep('shared-keys/import-images', 'Importing images of the add-ons', otherImages)

/** The authorities that all masters have in common. */
export const sharedKeys: ProvisionComponent = {
  id: 'shared-keys',
  after: ['kernel', 'containerd', 'network-images', 'cni-plugins', 'node-dns'],
  steps: () => [install, importOthers, acceptInvitation],
}
