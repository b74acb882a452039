import { sandboxImage as ofSandbox } from '../../provision/image-groups.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'
import { importStep } from '../../provision/steps/import-step.ts'

/** The image that every pod needs. A master imports it together with those of the API server. */
export const sandboxImage: ProvisionComponent = {
  id: 'sandbox-image',
  after: ['containerd'],
  steps: () => [importStep('sandbox-image/import', 'Importing the sandbox image', ofSandbox)],
}
