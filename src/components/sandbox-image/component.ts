import { sandboxImage as ofSandbox } from '../../provision/images/image-groups.ts'
import { importStep } from '../../provision/images/import-step.ts'
import type { ProvisionComponent } from '../../provision/provision.ts'

/** The image that every pod needs. A master imports it together with those of the API server. */
export const sandboxImage: ProvisionComponent = {
  id: 'sandbox-image',
  after: ['containerd'],
  steps: () => [importStep('sandbox-image/import', 'Importing the sandbox image', ofSandbox)],
}
