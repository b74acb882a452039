import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { acceptInvitation, runPreflight, startKubelet } from './steps.ts'

/** A worker joins after everything else is installed, because its bootstrap token is valid for only half an hour. */
export const join: ProvisionComponent = {
  id: 'join',
  after: ['kernel', 'containerd', 'network-images', 'kubelet', 'storage', 'cni-plugins', 'node-dns'],
  steps: () => [
    installStep('join/install-binaries', 'Installing kubeadm', 'binary', ['kubeadm']),
    acceptInvitation,
    runPreflight,
    startKubelet,
  ],
}
