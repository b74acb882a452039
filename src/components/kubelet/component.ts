import { installStep } from '../../kubernetes/install-step.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'
import { enableService, writeUnit } from './steps.ts'

/** kubelet in place and enabled; it is started once all that it will read is written. */
export const kubelet: ProvisionComponent = {
  id: 'kubelet',
  after: [],
  steps: () => [
    installStep('kubelet/install-binary', 'Installing kubelet', 'binary', ['kubelet']),
    writeUnit,
    enableService,
  ],
}
