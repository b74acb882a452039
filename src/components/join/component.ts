import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { acceptInvitation, runPreflight, startKubelet } from './steps.ts'

/** A worker joins last: what it is let in with lives half an hour, and by then all else is in place. */
export const join: ProvisionComponent = {
  id: 'join',
  after: ['kernel', 'containerd', 'network-images', 'kubelet', 'cni-plugins', 'node-dns'],
  steps: () => [
    installStep('join/install-binaries', 'Installing kubeadm', 'binary', ['kubeadm']),
    acceptInvitation,
    runPreflight,
    startKubelet,
  ],
}
