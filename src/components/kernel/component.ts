import type { ProvisionComponent } from '../../provision/provision.ts'
import { meetKubelet } from './kubelet-conditions.ts'
import { loadModules, setSysctls } from './steps.ts'

/** Kernel modules and parameters that containers need. */
export const kernel: ProvisionComponent = {
  id: 'kernel',
  after: [],
  steps: () => [meetKubelet, loadModules, setSysctls],
}
