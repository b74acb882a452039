import type { ProvisionComponent } from '../../provision/provision.ts'
import { installStep } from '../../provision/steps/install-step.ts'
import { writeUnit } from './steps.ts'

/** kubelet in place; it is enabled and started once all that it will read is written, and all that it leaves is on record. */
export const kubelet: ProvisionComponent = {
  id: 'kubelet',
  after: [],
  steps: () => [installStep('kubelet/install-binary', 'Installing kubelet', 'binary', ['kubelet']), writeUnit],
}
