import { installStep } from '../../kubernetes/install-step.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'
import { startService, writeConfiguration } from './steps.ts'

const EXECUTABLES = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc']

export const containerd: ProvisionComponent = {
  id: 'containerd',
  after: ['kernel'],
  steps: () => [
    installStep('containerd/install-binaries', 'Installing containerd and runc', 'binary', EXECUTABLES),
    writeConfiguration,
    startService,
  ],
}
