import { controlPlaneImages } from '../../kubernetes/image-groups.ts'
import { importStep } from '../../kubernetes/import-step.ts'
import type { ProvisionComponent } from '../../kubernetes/provision.ts'

/** The images without which no control plane starts. */
export const images: ProvisionComponent = {
  id: 'images',
  after: ['containerd'],
  steps: () => [importStep('images/import', 'Importing images of the control plane', controlPlaneImages)],
}
