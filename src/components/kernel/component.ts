import type { ProvisionComponent } from '../../provision/provision.ts'
import { meetKubelet } from './kubelet-conditions.ts'
import { loadModules, setSysctls } from './steps.ts'

/** What the kernel must offer before a container runs. */
export const kernel: ProvisionComponent = {
  id: 'kernel',
  after: [],
  steps: () => [meetKubelet, loadModules, setSysctls],
}
