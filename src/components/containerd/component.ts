import { installStep } from '../../kubernetes/install-step.ts'
import { CONTAINERD } from '../../kubernetes/paths.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'
import { startService, writeConfiguration } from './steps.ts'

const NAMES = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc']

export const containerd: ProvisionComponent = {
  id: 'containerd',
  after: ['kernel'],
  steps: () => [
    installStep('containerd/install-binaries', 'Installing containerd and runc', 'binary', NAMES, CONTAINERD.binaries),
    writeConfiguration,
    startService,
  ],
}
