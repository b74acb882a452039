import { sandboxImage as ofSandbox } from '../../provision/image-groups.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { importStep } from '../../provision/steps/import-step.ts'

/** Without it no pod starts; a master has it with its API server. */
export const sandboxImage: ProvisionComponent = {
  id: 'sandbox-image',
  after: ['containerd'],
  steps: () => [importStep('sandbox-image/import', 'Importing the sandbox image', ofSandbox)],
}
