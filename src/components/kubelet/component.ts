import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { writeUnit } from './steps.ts'

export const installKubelet = installStep('kubelet/install-binary', 'Installing the kubelet', 'binary', ['kubelet'])

/** Installs the kubelet. A later step starts it, after its files are written and the undo of what it creates is recorded. */
export const kubelet: ProvisionComponent = {
  id: 'kubelet',
  after: [],
  steps: () => [installKubelet, writeUnit],
}

/** On a node that runs, the executable is exchanged together with the control plane, and not before. */
export const kubeletUnit: ProvisionComponent = { ...kubelet, steps: () => [writeUnit] }
