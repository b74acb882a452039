import { otherImages } from '../../provision/images/image-groups.ts'
import { importStep } from '../../provision/images/import-step.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { acceptInvitation } from './steps.ts'

/** Fetched before the invitation, although needed after it: from the invitation on, other masters wait for this node. */
const install = installStep('shared-keys/install-binaries', 'Installing the programs of a master', 'binary', [
  ...['etcd', 'etcdctl', 'kubeadm', 'kubectl', 'kubelet'],
])

/** Imported before it is this node's turn to join, so that the import does not slow down the join. */
const importOthers = importStep('shared-keys/import-images', 'Importing images of the add-ons', otherImages)

/** The CA keys that all masters share. */
export const sharedKeys: ProvisionComponent = {
  id: 'shared-keys',
  after: ['kernel', 'containerd', 'network-images', 'cni-plugins', 'node-dns'],
  steps: () => [install, importOthers, acceptInvitation],
}
