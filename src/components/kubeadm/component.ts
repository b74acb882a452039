import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { issueCertificates } from './certificates.ts'
import { writeKubeconfigs } from './kubeconfigs.ts'
import { writeConfiguration } from './steps.ts'

/** On a worker, which kubeadm does not configure. */
export const kubeadmOnly: ProvisionComponent = {
  id: 'kubeadm',
  after: [],
  steps: () => [installStep('kubeadm/install-binaries', 'Installing kubeadm', 'binary', ['kubeadm'])],
}

export const installKubeadm = installStep('kubeadm/install-binaries', 'Installing kubeadm and kubectl', 'binary', [
  'kubeadm',
  'kubectl',
])

/** The files of kubeadm that must exist before any component of the control plane runs. */
export const kubeadm: ProvisionComponent = {
  id: 'kubeadm',
  after: ['shared-keys'],
  steps: () => [installKubeadm, writeConfiguration, issueCertificates, writeKubeconfigs],
}
