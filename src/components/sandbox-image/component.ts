import { sandboxImage as ofSandbox } from '../../kubernetes/image-groups.ts'
import { importStep } from '../../kubernetes/import-step.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'

/** Without it no pod starts; a master has it with its API server. */
export const sandboxImage: ProvisionComponent = {
  id: 'sandbox-image',
  after: ['containerd'],
  steps: () => [importStep('sandbox-image/import', 'Importing the sandbox image', ofSandbox)],
}
